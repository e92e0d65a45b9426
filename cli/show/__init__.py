"""`tukscal show`."""
