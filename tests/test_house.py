"""The plan of the house: one name, one class; imports go one way and never round."""

from __future__ import annotations

import ast

import pytest
from tukscal.tests import house


def test_no_public_class_name_stands_twice() -> None:
    """A public class name is one module's."""
    assert house.doubled(house.modules(*house.PARTS)) == {}


def test_imports_never_go_round() -> None:
    """No module imports itself by way of others, not even for types."""
    assert house.circles(house.imports()) == []


def test_imports_never_go_upward(capfd: pytest.CaptureFixture[str]) -> None:
    """import-linter, which knows what may import what, finds nothing."""
    assert house.obeys_import_rules(), capfd.readouterr().out


def test_the_checks_can_fail() -> None:
    """A name in two modules and a round of imports are seen, be it ever so long."""
    trees = {"a.py": ast.parse("class One: ..."), "b.py": ast.parse("def f():\n    class One: ...\nclass _Two: ..."),
             "c.py": ast.parse("class _Two: ...\nclass Three: ...")}  # fmt: skip
    assert house.doubled(trees) == {"One": ["a.py", "b.py"]}
    assert house.circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == ["b", "c"]
    assert house.circles({"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"a"}}) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("ledger._store.close()", [1]),
        ("patch.setattr(files, '_prepare', print)", [1]),
        ("patch.setattr('tukscal.core.system.files._prepare', print)", [1]),
        ("\nfrom tukscal.core.system.files import _prepare", [2]),
        ("class A:\n    def f(self):\n        self._x = other._x", []),
        ("pair._replace(a=1)\nos._exit(1)\nx.__dict__", []),
    ],
)
def test_private_reaches_are_counted(code: str, lines: list[int]) -> None:
    """What a test reads, replaces or imports under another's private name is a reach; its own is none."""
    assert [line for line, _ in house.reaches(ast.parse(code))] == lines


def test_a_function_is_as_long_as_its_body() -> None:
    """Signature and docstring are no part of a function's length."""
    tree = ast.parse('def f(\n    a,\n):\n    """A.\n    B."""\n    a()\n    return (\n        a)\n')
    assert house.functions({"a.py": tree}) == {"a.py:1 f": 3}


def test_a_batch_enters_its_own_files() -> None:
    """A batch of one PDF enters the command and, in a worker, the readers."""
    found = house.entered()
    assert "cli/batch/command.py" in found
    assert any(path.startswith("core/pdf/readers/") for path in found)
