"""Files to typed, cleaned rows: transactions, and subscribers."""
