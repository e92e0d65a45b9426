"""The service's addresses, a module a family."""
