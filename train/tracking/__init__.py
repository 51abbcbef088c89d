"""Where training meets MLflow: runs, the registry, the registered model."""
