"""The HTTP API as data: endpoints, requests, responses, OpenAPI."""
