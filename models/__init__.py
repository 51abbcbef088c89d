"""Rows of the feature table -> expected money."""
