"""`tukscal batch`."""
