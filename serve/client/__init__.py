"""A client for Python programs: `from serve.client import Client, ApiError`."""

from serve.client.client import Client, Customer, Options, Terms, Transaction
from serve.client.retry import ApiError

__all__ = ["ApiError", "Client", "Customer", "Options", "Terms", "Transaction"]
