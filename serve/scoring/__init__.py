"""Batch scoring of a whole data set."""
