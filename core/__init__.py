"""The conversion: bytes in, values and calendar bytes out; no network."""
