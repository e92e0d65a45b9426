"""Pushing results to a central service, and that service."""
