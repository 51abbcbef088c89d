"""Boosters put together as one, each tree counted as much as its weight."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

Array = NDArray[np.float64]


def weighted_trees(parts: Sequence[tuple[xgb.Booster, Array]]) -> xgb.Booster:
    """One booster whose margin is the sum of the parts' trees, each times its weight.

    parts  boosters over the same columns with the same objective, one tree a round, and the weight
           of each of their trees; a tree of no weight is left out
    """
    models = [(json.loads(bytes(booster.save_raw("json"))), weights) for booster, weights in parts]
    model = models[0][0]
    trees = [
        _weighted(tree, float(weight))
        for each, weights in models
        for tree, weight in zip(_forest(each)["trees"], weights, strict=True)
        if weight
    ]
    forest = _forest(model)
    forest["trees"] = [tree | {"id": number} for number, tree in enumerate(trees)]
    forest["tree_info"] = [0] * len(trees)
    forest["iteration_indptr"] = list(range(len(trees) + 1))
    forest["gbtree_model_param"]["num_trees"] = str(len(trees))
    booster = xgb.Booster(params={"nthread": 1})
    booster.load_model(bytearray(json.dumps(model).encode()))
    return booster


def _forest(model: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = model["learner"]["gradient_booster"]["model"]
    return found


def _weighted(tree: dict[str, Any], weight: float) -> dict[str, Any]:
    """The tree with its leaves times the weight, rounded as XGBoost stores them."""
    leaf = np.array(tree["left_children"]) < 0
    value = np.array(tree["split_conditions"], dtype=np.float32)
    value[leaf] *= np.float32(weight)
    # subtle: as float64 its text is exact, and read back as the same float32
    return tree | {"split_conditions": value.astype(np.float64).tolist()}
