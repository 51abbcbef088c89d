"""Chapters as one HTML file."""
