"""Teaching calendars: when lectures take place in a year."""

from .days import balance, closed_by_holiday, problems, teaching
from .load import PACKAGED, bare_term, file_name, load_term, read_term, require_period
from .parse import dump_term, require_absent, write_term
from .term import YEARS, Balance, InvalidTerm, Span, Swap, Teaching, Term, validate_term

__all__ = [
    "PACKAGED",
    "YEARS",
    "Balance",
    "InvalidTerm",
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
    "teaching",
    "validate_term",
    "write_term",
]
