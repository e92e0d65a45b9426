"""What a conversion costs: CPU-seconds, at a price an operator sets."""

from __future__ import annotations

from .settings import Jobs

_HOUR = 3600.0


def cost(cpu: float, settings: Jobs) -> float:
    """Return the price of so many CPU-seconds, in the currency of `jobs.cpu_price`, which is that of a CPU-hour."""
    return cpu / _HOUR * settings.cpu_price
