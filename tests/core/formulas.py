"""What spreadsheets make of a CSV file: the cells that they would take for formulas."""

from __future__ import annotations

import csv
import re
import unicodedata


def formulas(data: str) -> list[str]:
    """Return the cells that a spreadsheet of any country takes for formulas, whatever separates cells for it.

    Some do not know quotes, some trim blanks, and some (in Japan and China) read signs of any width.
    """
    csv.field_size_limit(10**7)
    lines = re.split("\r\n|\r|\n", data)
    rows = [row for separator in ",;\t|" for row in csv.reader(lines, delimiter=separator)]
    rows += [line.split(separator) for separator in ";\t|" for line in lines]  # commas do stand in quotes
    return [cell for row in rows for cell in row if _is_formula(cell)]


def _is_formula(cell: str) -> bool:
    begins = re.sub(r'^[\s"\u200b-\u200f\u2060\ufeff]+', "", unicodedata.normalize("NFKC", cell))
    return cell[:1] in ("\t", "\r") or begins[:1] in ("=", "+", "-", "@", "\u2212")
