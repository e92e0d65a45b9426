"""Teaching calendars: when lectures take place in a year."""

from .days import balance, closed_by_holiday, problems, teaching
from .sense import YEARS, require_sense
from .term import PACKAGED, bare_term, file_name, load_term, read_term, require_period
from .values import Balance, NonsenseError, Span, Swap, Teaching, Term
from .write import dump_term, require_absent, write_term

__all__ = [
    "PACKAGED",
    "YEARS",
    "Balance",
    "NonsenseError",
    "Span",
    "Swap",
    "Teaching",
    "Term",
    "balance",
    "bare_term",
    "closed_by_holiday",
    "dump_term",
    "file_name",
    "load_term",
    "problems",
    "read_term",
    "require_absent",
    "require_period",
    "require_sense",
    "teaching",
    "write_term",
]
