"""Transactions to one row of features per customer: the SQL, and what runs it."""
