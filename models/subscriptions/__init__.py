"""Models of customers who pay by the month until they cancel."""
