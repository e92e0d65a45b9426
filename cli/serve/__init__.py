"""`tukscal serve`."""
