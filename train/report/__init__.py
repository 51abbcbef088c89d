"""The report: a training, or a registered model, as one HTML file for people."""
