"""A handler per endpoint: from a checked request to the body of the response."""
