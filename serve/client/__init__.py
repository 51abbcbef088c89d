"""Clients for Python programs: `from serve.client import AsyncClient, Client, ApiError`."""

from serve.client.async_client import AsyncClient
from serve.client.client import Client, Customer, Options, Terms, Transaction
from serve.client.errors import ApiError

__all__ = ["ApiError", "AsyncClient", "Client", "Customer", "Options", "Terms", "Transaction"]
