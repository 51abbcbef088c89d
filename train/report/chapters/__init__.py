"""The chapters of the report, each a function from the facts to words and pictures."""
