"""The health check: what in a source speaks against the configuration that reads it."""
