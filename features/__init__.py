"""Transactions to one row per customer, known at one moment."""
