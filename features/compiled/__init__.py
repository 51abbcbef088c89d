"""The feature SQL as a Python function, for the few customers of a request."""
