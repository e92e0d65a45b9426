"""`tukscal watch` and `status`."""
