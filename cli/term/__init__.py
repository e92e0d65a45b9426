"""`tukscal term`."""
