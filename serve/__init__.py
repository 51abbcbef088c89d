"""A registered model and a request or transactions -> predictions: the service, batch scoring."""
