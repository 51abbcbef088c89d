"""Subscribers to one row of features each, and what they did next."""
