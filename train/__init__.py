"""Configuration and data -> a judged, recorded, registered model."""
