"""Names for customers: tiers, RFM segments, clusters, personas."""
