"""What `python -m train` runs."""
