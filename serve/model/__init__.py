"""Which model answers: found, loaded, checked, replaced."""
