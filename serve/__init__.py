"""A registered model and a request or a log to answers: the service, and batch scoring."""
