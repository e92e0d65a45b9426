"""`tukscal choose`."""
