"""Canonical lines on disk: what the transactions of a log have become, in shards of customers."""
