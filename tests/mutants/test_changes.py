"""The changes that tests are judged by: which there are, and that each is made alone."""

from __future__ import annotations

import ast

import pytest
from tukscal.tests.mutants.changes import changed, mutants
from tukscal.tests.mutants.run import explained, judges_of


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("a == b", ["a != b"]),
        ("a < b <= c", ["a <= b <= c", "a >= b <= c", "a < b < c", "a < b > c"]),
        ("a is not b", ["a is b"]),
        ("a and b", ["a or b"]),
        ("not a", ["a"]),
        ("a // b", ["a * b"]),
        ("a += b", ["a -= b"]),
        ("a[0]", ["a[1]", "a[-1]"]),
        ("a[-1]", ["a[-2]", "a[-0]"]),
        ("a[b:c]", ["a[:c]", "a[b:]"]),
        ("a = 0.5", ["a = 1.0", "a = 0.0"]),
        ("f(a=True)", ["a=False"]),
        ("b if a else c", ["not a"]),
        ("[a for a in b if c]", ["not c"]),
        ("if a:\n    pass", ["not a"]),
        ("while a < b:\n    continue", ["a <= b", "a >= b", "break"]),
        ("def f(a: tuple[1]) -> x[1]:\n    pass", []),
        ("@f(1)\ndef g(): pass", []),
        ("assert a == 1", []),
        ("zip(a, b, strict=True)", []),
        ("a = 'text'", []),
    ],
)
def test_what_is_changed(code: str, changes: list[str]) -> None:
    """Operators, conditions, values and bounds are changed; types, decorators, assertions and texts are not."""
    assert [mutant.after for mutant in mutants("m.py", code)] == changes


CODE = """
def f(a):
    if a > 1 and a[0] == 2:
        return a[1:]
class C:
    def g(self): return not self.x
"""


def test_each_change_is_made_alone() -> None:
    """The source with a change differs from the original in that change only, and from every other change."""
    found = mutants("m.py", CODE)
    sources = [changed(CODE, mutant.number) for mutant in found]
    whole = ast.unparse(ast.parse(CODE))
    assert len({whole, *sources}) == len(found) + 1
    assert all(sum(old != new for old, new in zip(whole.split("\n"), source.split("\n"), strict=True)) == 1
               for source in sources)  # fmt: skip
    assert str(found[-1]) == "m.py:6 C.g: not self.x  ->  self.x"
    assert {(mutant.line, mutant.where) for mutant in found} == {(3, "f"), (4, "f"), (6, "C.g")}


def test_who_judges() -> None:
    """The test of a module's name judges it, with those of the table; else those that import it; else its folder's."""
    assert judges_of("core/calendar/schedule.py") == ("tests/core/calendar/test_schedule.py",)
    assert judges_of("core/terms/days.py") == ("tests/core/terms/test_days.py", "tests/core/terms")
    assert judges_of("core/commands/inputs.py") == (
        "tests/core/commands/test_compare.py",
        "tests/core/commands/test_convert.py",
    )
    assert judges_of("core/pictures/markup.py") == ("tests/core/pictures",)


def test_every_explanation_gives_a_reason() -> None:
    """What is left out of the list of survivors says why nobody could notice it."""
    assert explained()
