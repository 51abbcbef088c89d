"""Families of features: named SQL expressions, one module a family."""
