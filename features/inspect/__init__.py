"""A source of unknown form -> a configuration that reads it, with what is unsure about it."""
