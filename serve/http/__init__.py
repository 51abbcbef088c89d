"""What stands in front of every answer: keys, limits, one error shape, logs and numbers."""
