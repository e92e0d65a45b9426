"""`tukscal jobs`."""
