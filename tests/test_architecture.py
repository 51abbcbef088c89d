"""Rules that are read from the source: which package may import what, how large things are."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "features": {"features"},
    "models": {"features", "models"},
    "train": {"features", "models", "train"},
    "serve": {"features", "models", "serve"},
}
# Packages inside a package, from the bottom up: each may import those before it.
LAYERS = {
    "train.report": ("page", "facts", "chapters"),
    "serve": ("api", "model", "handlers"),
}
KINDS = ("purchases", "subscriptions")
IMPORTS_MLFLOW = ("train.tracking.", "serve.model.")
PICKLERS = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "skops"}
VAGUE = {"utils", "common", "helpers", "base", "core"}
# Guards against decay, not targets.
MODULE_LINES, TEST_LINES, BODY_LINES, POSITIONAL = 400, 400, 60, 4
# MLflow takes a model from code through one call at the top of a module.
ACTS_AT_IMPORT = {"train/tracking/pyfunc_model.py"}
DEFINITIONS = (
    ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.If
    | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
)  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef

MODULES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))
EVERYTHING = MODULES + TESTS + BENCHMARKS


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def package_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module's syntax tree, walked once."""
    return tuple(ast.walk(parsed(path)))


@cache
def imports(path: Path) -> frozenset[str]:
    """Dotted names of all that is imported anywhere in a file: of `from a.b import c`, a.b.c."""
    return frozenset(names_in(nodes(path)))


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names}
    return names


def module_of(path: Path) -> str:
    """The dotted name of a module; of an __init__.py, the package's."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


NAMED = {module_of(path): path for path in MODULES}


def without_type_checking(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below this one, but for what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from without_type_checking(child)


def imported(nodes: Iterable[ast.AST]) -> set[str]:
    """The modules of this repository that the statements among these nodes import."""
    names = names_in(nodes)
    parents = {name.rpartition(".")[0] for name in names - NAMED.keys()}
    return (names | parents) & NAMED.keys()


@cache
def modules_imported(name: str) -> frozenset[str]:
    """What a module imports, wherever in it, for its types too."""
    return frozenset(imported(nodes(NAMED[name])))


def forbidden(allowed: Callable[[list[str], list[str]], bool]) -> list[str]:
    """The imports of one module by another that a rule over the parts of both names forbids."""
    return [
        f"{name} -> {other}"
        for name in NAMED
        for other in sorted(modules_imported(name))
        if not allowed(name.split("."), other.split("."))
    ]


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def functions(path: Path) -> Iterator[Function]:
    return (
        node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def public_functions(path: Path) -> Iterator[Function]:
    """Those of the module and of its public classes; what is inside a function is its own."""
    for node in parsed(path).body:
        inside = node.body if isinstance(node, ast.ClassDef) and node.name[0] != "_" else [node]
        for each in inside:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and is_public(each):
                yield each


def is_public(function: Function) -> bool:
    """An overload has no body to be described."""
    overload = any(ast.unparse(each) == "overload" for each in function.decorator_list)
    return function.name[0] != "_" and not overload


def body_lines(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def positional(function: Function) -> int:
    arguments = function.args.posonlyargs + function.args.args
    return len([each for each in arguments if each.arg not in {"self", "cls"}])


def test_every_package_is_read() -> None:
    assert {package_of(path) for path in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    known = {
        name_of(path): tops(path) & MAY_IMPORT.keys()
        for path in MODULES
        if package_of(path) == package
    }
    assert not {name: others for name, others in known.items() if others - MAY_IMPORT[package]}


@pytest.mark.parametrize("package", LAYERS)
def test_layers_of_a_package_import_downward(package: str) -> None:
    order = [[*package.split("."), each] for each in LAYERS[package]]

    def layers(parts: list[str]) -> list[int]:
        return [place for place, each in enumerate(order) if parts[: len(each)] == each]

    def allowed(name: list[str], other: list[str]) -> bool:
        return all(below <= above for above in layers(name) for below in layers(other))

    assert not forbidden(allowed)


def test_purchases_and_subscriptions_do_not_know_each_other() -> None:
    def kind(parts: list[str]) -> set[str]:
        return set(KINDS) & set(parts[:-1])

    assert not forbidden(lambda name, other: len(kind(name) | kind(other)) < 2)


def test_commands_are_imported_by_main_only() -> None:
    """Those of a package may share what lies beside them."""

    def allowed(name: list[str], other: list[str]) -> bool:
        package = other[: other.index("commands") + 1] if "commands" in other else []
        return name[-1] == "__main__" or name[: len(package)] == package

    assert not forbidden(allowed)


def test_no_imports_go_in_a_circle() -> None:
    """Nor those inside functions; for types alone they may."""
    graph = {name: imported(without_type_checking(parsed(path))) for name, path in NAMED.items()}
    TopologicalSorter(graph).prepare()


def test_mlflow_is_imported_by_tracking_and_by_the_registry_only() -> None:
    found = {module_of(path) for path in MODULES if "mlflow" in tops(path)}
    assert not {name for name in found if not name.startswith(IMPORTS_MLFLOW)}


def test_bentoml_is_imported_by_serve_only() -> None:
    assert {package_of(path) for path in MODULES if "bentoml" in tops(path)} <= {"serve"}


def test_serving_never_sees_a_label() -> None:
    seen = {name for path in MODULES if package_of(path) == "serve" for name in imports(path)}
    assert not {name for name in seen if re.match(r"features\.\w+\.labels", name)}


def test_nothing_is_pickled() -> None:
    assert not [name_of(path) for path in EVERYTHING if tops(path) & PICKLERS]


def test_packages_are_not_imported_bare_or_relatively() -> None:
    """A bare `import features` would hide behind the local table that is called so."""
    bare = {*MAY_IMPORT}
    assert not [
        name_of(path)
        for path in EVERYTHING
        if imports(path) & bare or any(name.startswith(".") for name in imports(path))
    ]


def test_modules_are_short_enough_to_be_read_at_once() -> None:
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in EVERYTHING}
    limit = {path: TEST_LINES if path in TESTS else MODULE_LINES for path in EVERYTHING}
    assert not {name_of(path): lines[path] for path in EVERYTHING if lines[path] > limit[path]}


def test_functions_are_short() -> None:
    found = {
        f"{name_of(path)}:{each.lineno} {each.name}": body_lines(each)
        for path in EVERYTHING
        for each in functions(path)
    }
    assert not {name: lines for name, lines in found.items() if lines > BODY_LINES}


def test_public_functions_are_annotated_documented_and_short_of_arguments() -> None:
    assert not [
        f"{name_of(path)}:{each.lineno} {each.name}"
        for path in MODULES
        for each in public_functions(path)
        if each.returns is None or not ast.get_docstring(each) or positional(each) > POSITIONAL
    ]


def test_no_exception_is_passed_over_in_silence() -> None:
    assert not [
        f"{name_of(path)}:{node.lineno}"
        for path in EVERYTHING
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and isinstance(node.body[0], ast.Pass)
    ]


def test_nothing_happens_at_import() -> None:
    """At the top of a module stand its docstring and definitions."""
    assert not [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        if name_of(path) not in ACTS_AT_IMPORT
        for node in parsed(path).body[1:]
        if not isinstance(node, DEFINITIONS)
    ]


def test_mlflow_and_bentoml_are_imported_late_but_where_they_serve() -> None:
    """Not at the top of a module that somebody with a notebook imports."""
    assert not [
        f"{name_of(path)}: {name}"
        for path in MODULES
        if package_of(path) != "serve" and name_of(path) not in ACTS_AT_IMPORT
        for name in names_in(each for each in parsed(path).body)
        if name.split(".")[0] in {"mlflow", "bentoml"}
    ]


def test_modules_are_named_after_their_idea_and_say_it() -> None:
    assert not [name_of(path) for path in MODULES if path.stem in VAGUE]
    assert not [name_of(path) for path in MODULES if not ast.get_docstring(parsed(path))]


def test_tests_are_no_package() -> None:
    """An __init__.py there would hide the package of the same name."""
    assert not list((ROOT / "tests").rglob("__init__.py"))
