"""South Africa's public holidays; the only module that imports `holidays`, and only when a year is asked for.

`country_holidays("ZA")` imports the modules of all 250 countries, 95 ms in a fresh process; loading the one file of
South Africa takes 50 ms. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache


@cache
def public_holidays(year: int) -> Mapping[date, str]:
    """Return the year's public holidays, observed days included, with their English names."""
    found = _holidays(year)
    return {day: found[day] for day in sorted(found)}


def _holidays(year: int) -> Mapping[date, str]:
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec
    from pathlib import Path

    import holidays

    spec = PathFinder.find_spec("south_africa", [str(Path(holidays.__file__).parent / "countries")])
    if spec is None or spec.loader is None:  # a later release may keep its countries elsewhere
        return holidays.country_holidays("ZA", years=year)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Mapping[date, str] = module.SouthAfrica(years=year)
    return found
