"""`tukscal convert`, `diff` and `cancel`."""
