"""Configuration and data -> an evaluated, recorded, registered model."""
