"""Models of customers who come and go unannounced."""
