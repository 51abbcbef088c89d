"""Groups of customers: value tiers, RFM segments, clusters, personas."""
