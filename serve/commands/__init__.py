"""What `python -m serve` runs."""
