"""How source columns are read strictly, in SQL: what a value means, and which do not fit."""
