"""The textbook formulas of customer value, beside the model."""
