"""`tukscal doctor`."""
