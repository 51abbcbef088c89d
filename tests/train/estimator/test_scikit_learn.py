"""scikit-learn's own checks of estimators: those that apply, and why the others do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import check_estimator

from train.estimator import CustomerFeatures, CustomerValue, SubscriptionValue

ROOT = Path(__file__).resolve().parents[3]
NAMED = "it fits a matrix of numbers without names: transactions are a frame with named columns"
ROWS = "it expects a row out for a row in: here many transactions become one customer"
WORDS = "it expects scikit-learn's words about a matrix; ours are about columns"
SPARSE = "transactions are never a sparse matrix"
WHY_NOT = {
    "check_complex_data": WORDS,
    "check_dict_unchanged": NAMED,
    "check_dont_overwrite_parameters": NAMED,
    "check_dtype_object": NAMED,
    "check_estimator_sparse_array": SPARSE,
    "check_estimator_sparse_matrix": SPARSE,
    "check_estimator_sparse_tag": SPARSE,
    "check_estimators_dtypes": NAMED,
    "check_estimators_empty_data_messages": WORDS,
    "check_estimators_fit_returns_self": NAMED,
    "check_estimators_nan_inf": "a missing id, moment or amount is a policy: guests, missing",
    "check_estimators_overwrite_params": NAMED,
    "check_estimators_pickle": "models are stored as bundles, see save and load; it fits a matrix",
    "check_f_contiguous_array_estimator": NAMED,
    "check_fit2d_1feature": WORDS,
    "check_fit2d_1sample": WORDS,
    "check_fit2d_predict1d": NAMED,
    "check_fit_check_is_fitted": NAMED,
    "check_fit_idempotent": NAMED,
    "check_fit_score_takes_y": NAMED,
    "check_methods_sample_order_invariance": ROWS,
    "check_methods_subset_invariance": ROWS,
    "check_n_features_in": "columns are found by their names, whatever their number",
    "check_n_features_in_after_fitting": "columns are found by their names, whatever their number",
    "check_pipeline_consistency": NAMED,
    "check_positive_only_tag_during_fit": NAMED,
    "check_readonly_memmap_input": NAMED,
    "check_transformer_data_not_an_array": NAMED,
    "check_transformer_general": ROWS,
    "check_transformer_preserve_dtypes": "features are float64 or text, whatever the money was",
}
APPLY = {
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_estimators_unfitted",
    "check_fit1d",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
}


@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API:sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("made", [CustomerValue(), SubscriptionValue(), CustomerFeatures()])
def test_every_check_passes_or_has_its_reason(made: BaseEstimator) -> None:
    found = check_estimator(made, expected_failed_checks=WHY_NOT, on_skip=None, on_fail=None)
    by_status: dict[str, set[str]] = {}
    for each in found:
        by_status.setdefault(each["status"], set()).add(each["check_name"])
    assert not by_status.get("failed", set())
    assert by_status["passed"] >= APPLY
    # a reason for what passes by now would be none
    assert not by_status["passed"] & WHY_NOT.keys()
    assert by_status.get("skipped", set()) <= {"check_array_api_input"}


def test_an_import_brings_no_server_no_registry_and_no_drawing() -> None:
    heavy = "{'mlflow', 'bentoml', 'vl_convert', 'optuna', 'sqlalchemy', 'psycopg', 'polars'}"
    program = f"import sys, train.estimator; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
