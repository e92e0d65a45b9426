"""The proof that nothing is lost: every word belongs to exactly one entry field, header, heading or problem.

Checked on every conversion. A word with no owner, or with two, becomes a Problem of its own, so that even a bug in
reading is visible to the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from ..model import Entry, Page, Problem, Word

_UNUSED = "this text was read but not used; please report it"
_TWICE = "this text was used twice; please report it"


def account(
    pages: Sequence[Page], entries: Iterable[Entry], problems: Iterable[Problem], headers: Iterable[Iterable[int]]
) -> tuple[int, list[Problem]]:
    """Return how many words have exactly one owner, and a problem for every other word.

    `headers` are the words of header rows, headings and page numbers.
    """
    count = sum(len(page.words) for page in pages)
    # The module of a record belongs to each of its sessions, but to one field only.
    fields = {source: None for entry in entries for source in entry.sources.items()}
    headers, problems = list(headers), list(problems)
    claimed = [*chain(*(words for _, words in fields), *headers, *(problem.words for problem in problems))]
    if len(claimed) == count == len(set(claimed)):
        return count, []
    owners: list[str | None] = [None] * count
    twice: set[int] = set()

    def claim(words: Iterable[int], owner: str) -> None:
        for word in words:
            if owners[word] is None:
                owners[word] = owner
            elif owners[word] != owner or not owner.startswith("field "):
                twice.add(word)

    for name, words in fields:
        claim(words, f"field {name}")
    for header in headers:
        claim(header, "header")
    for problem in problems:
        claim(problem.words, "problem")
    unused = [word for word, owner in enumerate(owners) if owner is None]
    found = [_problem(pages, word, _UNUSED) for word in unused] + [_problem(pages, word, _TWICE) for word in twice]
    return len(owners) - len(found), found


def _problem(pages: Sequence[Page], word: int, reason: str) -> Problem:
    page = next(page for page in reversed(pages) if page.first_word <= word)
    found: Word = page.words[word - page.first_word]
    return Problem(page=page.number, row=None, text=found.text, reason=reason, words=(word,))
