"""A booster's trees as plain arrays: the same sums to the last bit, fast for a few rows.

XGBoost takes half a millisecond to begin; walking all trees of one row at once, level by level,
takes some tens of microseconds. For many rows XGBoost itself is asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from models.boosting import Array, Matrix, tree_correction
from models.design_matrix import FEW_ROWS

PROBES = 256
LOWEST, HIGHEST = np.float32(-np.inf), np.float32(np.inf)


@dataclass(frozen=True)
class Nodes:
    """Nodes of many trees in one numbering; a leaf is its own child on both sides.

    column     which value a node compares; columns are counted twice, first with an unknown value
               as lowest, then as highest, so that the default direction needs no branch
    threshold  values below it go to child 2 * node, others to child 2 * node + 1
    roots      the first node of each tree; depth: of the deepest tree
    leaf       what a node that is a leaf adds, float32 as in XGBoost
    """

    column: NDArray[np.intp]
    threshold: NDArray[np.float32]
    child: NDArray[np.intp]
    leaf: NDArray[np.float32]
    roots: NDArray[np.intp]
    depth: int

    def leaves(self, features: Matrix) -> Matrix:
        """What each tree adds, shape (rows, trees)."""
        rows, columns = features.shape
        both = np.empty((rows, 2 * columns), dtype=np.float32)
        # of a number and an unknown value these return the number
        np.fmax(features, LOWEST, out=both[:, :columns])
        np.fmin(features, HIGHEST, out=both[:, columns:])
        values = both.ravel()
        first = np.arange(0, both.size, 2 * columns)[:, None] if rows > 1 else None
        node = self.roots[None] if first is None else self.roots + np.zeros_like(first)
        for _ in range(self.depth):
            place = self.column[node] if first is None else self.column[node] + first
            node = self.child[2 * node + (values[place] >= self.threshold[node])]
        return self.leaf[node]


@dataclass(frozen=True)
class TreeArrays(Nodes):
    """The trees of one booster."""

    booster: xgb.Booster

    def correction(self, features: Matrix) -> Array:
        """What the trees add to the margin, as `models.boosting.tree_correction`, shape (rows,)."""
        if len(features) > FEW_ROWS:
            return tree_correction(self.booster, features)
        return self.walk(features)

    def walk(self, features: Matrix) -> Array:
        """The same by the arrays alone."""
        if not len(features) or not self.roots.size:
            return np.zeros(len(features))
        return _added(self.leaves(features))


@dataclass(frozen=True)
class JoinedTrees:
    """Boosters over the same columns: for a few rows one walk through all of their trees.

    ends  where the trees of each booster end among `nodes.roots`
    """

    boosters: tuple[TreeArrays, ...]
    nodes: Nodes
    ends: tuple[int, ...]

    def corrections(self, features: Matrix) -> list[Array]:
        """`TreeArrays.correction` of each booster."""
        if len(features) > FEW_ROWS or not len(features) or not self.nodes.roots.size:
            return [each.correction(features) for each in self.boosters]
        leaves = self.nodes.leaves(features)
        parts = zip((0, *self.ends), self.ends, strict=False)
        return [
            _added(leaves[:, start:end]) if end > start else np.zeros(len(features))
            for start, end in parts
        ]


def arrays_of(booster: xgb.Booster) -> TreeArrays:
    """The trees of a booster over numeric columns."""
    trees = _trees(booster)
    columns = booster.num_features()
    sizes = np.array([len(tree["left_children"]) for tree in trees], dtype=np.intp)
    roots = np.concatenate([np.zeros(1, dtype=np.intp), np.cumsum(sizes)])[: len(trees)]
    parts = [_nodes(tree, int(root), columns) for tree, root in zip(trees, roots, strict=True)]
    column, threshold, child, leaf = (
        (np.concatenate(each) for each in zip(*parts, strict=True))
        if parts
        else (np.zeros(0, dtype=np.intp) for _ in range(4))
    )
    return TreeArrays(
        booster=booster,
        column=column,
        threshold=threshold.astype(np.float32),
        child=child,
        leaf=leaf.astype(np.float32),
        roots=roots,
        depth=max((_depth(tree) for tree in trees), default=0),
    )


def join_trees(boosters: tuple[TreeArrays, ...]) -> JoinedTrees:
    """Boosters over the same columns, put together."""
    sizes = [each.column.size for each in boosters]
    starts = np.cumsum([0, *sizes[:-1]])
    shifted = list(zip(boosters, starts.tolist(), strict=True))
    nodes = Nodes(
        column=np.concatenate([each.column for each in boosters]),
        threshold=np.concatenate([each.threshold for each in boosters]),
        child=np.concatenate([each.child + start for each, start in shifted]),
        leaf=np.concatenate([each.leaf for each in boosters]),
        roots=np.concatenate([each.roots + start for each, start in shifted]),
        depth=max(each.depth for each in boosters),
    )
    return JoinedTrees(
        boosters, nodes, tuple(np.cumsum([each.roots.size for each in boosters]).tolist())
    )


def agrees(trees: TreeArrays) -> bool:
    """Whether arrays and booster give the same bits on made-up rows around every threshold."""
    if not trees.roots.size:
        return True
    columns = trees.booster.num_features()
    rng = np.random.default_rng(0)
    probes = np.full((PROBES, columns), np.nan, dtype=np.float32)
    for place in range(columns):
        known = trees.threshold[trees.column % columns == place]
        if known.size:
            near = rng.choice(known, PROBES)
            step = rng.choice(np.array([-np.inf, 0.0, np.inf], dtype=np.float32), PROBES)
            probes[:, place] = np.where(step == 0.0, near, np.nextafter(near, step))
    probes[rng.random(probes.shape) < 0.1] = np.nan
    return bool(np.array_equal(trees.walk(probes), tree_correction(trees.booster, probes)))


def _added(leaves: Matrix) -> Array:
    """The sums of each row's leaves."""
    # subtle: XGBoost adds tree by tree in float32, and so must we
    added: Array = np.add.accumulate(leaves, axis=1)[:, -1].astype(np.float64)
    return added


def _trees(booster: xgb.Booster) -> list[dict[str, Any]]:
    if not booster.num_boosted_rounds():
        return []
    model = json.loads(bytes(booster.save_raw("json")))
    trees: list[dict[str, Any]] = model["learner"]["gradient_booster"]["model"]["trees"]
    return trees


def _nodes(
    tree: dict[str, Any], root: int, columns: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """column, threshold, child and leaf of one tree whose nodes are counted from `root`."""
    left = np.array(tree["left_children"], dtype=np.intp)
    right = np.array(tree["right_children"], dtype=np.intp)
    value = np.array(tree["split_conditions"], dtype=np.float32)
    is_leaf = left < 0
    own = np.arange(left.size)
    sides = np.stack([np.where(is_leaf, own, left), np.where(is_leaf, own, right)], axis=1)
    low = np.array(tree["default_left"], dtype=bool)
    column = np.array(tree["split_indices"], dtype=np.intp) + np.where(low, 0, columns)
    return (
        np.where(is_leaf, 0, column),
        np.where(is_leaf, 0.0, value),
        sides.ravel() + root,
        np.where(is_leaf, value, 0.0),
    )


def _depth(tree: dict[str, Any]) -> int:
    depth = np.zeros(len(tree["left_children"]), dtype=np.intp)
    for node, parent in enumerate(tree["parents"]):
        if node:  # subtle: a parent comes before its children; the root's own is a mark, not a node
            depth[node] = depth[parent] + 1
    return int(depth.max())
