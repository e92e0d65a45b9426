"""Uploads -> conversions in the service's own workers."""
