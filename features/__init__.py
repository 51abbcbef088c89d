"""Transactions to one row per customer, as of one point in time."""
