"""The score store: batches of scores in SQLite or PostgreSQL."""
