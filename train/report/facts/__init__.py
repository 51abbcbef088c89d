"""What the report's chapters tell of, worked out once."""
