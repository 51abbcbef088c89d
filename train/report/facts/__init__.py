"""What the report's chapters show, worked out once."""
