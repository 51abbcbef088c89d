"""Chapters of the report: each a function from the facts to words, pictures and tables.

Those of one kind of data lie in `purchases` and `subscriptions`; what both use lies here.
"""
