"""A proposal as a commented TOML file."""

from __future__ import annotations

import json
from typing import Any

from features.config.source_address import without_password
from features.inspect.proposal import Proposal


def toml_text(proposal: Proposal, refused: str | None = None) -> str:
    """The configuration as text; what the source cannot settle as comments to choose from.

    refused   why it does not read the source yet
    """
    lines = ["# Written by `python -m features inspect`: change what is not so."]
    if refused:
        lines += ["#", "# It does not read the source yet:", f"#   {_line(refused)}"]
    if proposal.unsure:
        lines += ["#", "# Unsure:", *(f"# - {_line(each)}" for each in proposal.unsure)]
    for section, keys in proposal.values.items():
        lines += ["", f"[{section}]"]
        tables = {name: each for name, each in keys.items() if isinstance(each, dict)}
        for name, each in keys.items():
            if name not in tables:
                value = _value(without_password(each) if each == proposal.source else each)
                lines.append(_with_comment(f"{name} = {value}", proposal.why.get(name)))
        if section == "data":
            lines += _choices(proposal)
        for name, table in tables.items():
            lines += ["", f"[{section}.{name}]"]
            lines += [f"{_key(key)} = {_value(each)}" for key, each in table.items()]
    lines += ["", "[tracking]", 'experiment = "clv"', ""]
    return "\n".join(lines)


def _choices(proposal: Proposal) -> list[str]:
    lines = []
    for place, keys in enumerate(proposal.choices):
        lines.append(f"# {'or' if place else 'either'}, for the source cannot settle it:")
        lines += [f"# {name} = {_value(each)}" for name, each in keys.items()]
    return lines


def _with_comment(line: str, comment: str | None) -> str:
    return f"{line}    # {_line(comment)}" if comment else line


def _line(text: str) -> str:
    """subtle: a comment ends with its line, and control characters are not allowed in it."""
    return "".join(each if each.isprintable() else " " for each in text)


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
