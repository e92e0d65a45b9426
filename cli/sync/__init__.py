"""`tukscal sync`, `login` and `logout`."""
