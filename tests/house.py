"""The figures of the house: how large the product is, what stands twice, what goes round in circles; `make house`.

Private reaches of tests are names with one leading underscore that tests read, replace or import from elsewhere.
"""

from __future__ import annotations

import ast
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import grimp
from importlinter.cli import lint_imports
from tukscal.examples.generator.content import made
from tukscal.tests.running import TUKSCAL, clean_environment

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("core", "cli", "sync")
SHORT = 40
# Names with an underscore that are no secret: namedtuples' methods and the standard library's.
PUBLIC = {"_replace", "_asdict", "_fields", "_make", "_exit", "_getframe"}
# What a process of the product runs first, so that each file whose functions it calls is written down once; what is
# called while modules are imported says nothing of the work.
TRACE = """
import os, sys, threading
out = os.open(os.environ["HOUSE_TRACE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
parts, seen = tuple(os.environ["HOUSE_PARTS"].split(os.pathsep)), set()
def imported(frame):
    while frame := frame.f_back:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(parts):
            return True
def note(frame, event, _):
    code = frame.f_code
    if event == "call" and code.co_filename not in seen and code.co_filename.startswith(parts):
        if code.co_flags & 1 and not imported(frame):  # 1: a function's code, no module's and no class's
            seen.add(code.co_filename)
            os.write(out, (code.co_filename + "\\n").encode())
threading.setprofile(note)
sys.setprofile(note)
"""


def modules(*parts: str) -> dict[str, ast.Module]:
    """Return the trees of the modules in parts of the house, by path."""
    files = sorted(file for part in parts for file in (ROOT / part).rglob("*.py"))
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_bytes()) for file in files if _ours(file)}


def _ours(file: Path) -> bool:
    return "node_modules" not in file.parts and "__pycache__" not in file.parts


def lines(path: str) -> int:
    """Return how many lines a file has."""
    return len((ROOT / path).read_text("utf-8").splitlines())


def functions(trees: Mapping[str, ast.AST]) -> dict[str, int]:
    """Return how many lines each function has, its signature and docstring left out."""
    found = {}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                size = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                found[f"{path}:{node.lineno} {node.name}"] = size
    return found


def doubled(trees: Mapping[str, ast.AST]) -> dict[str, list[str]]:
    """Return the names of public classes that two or more modules define, each with the modules."""
    places: dict[str, list[str]] = {}
    for path, tree in trees.items():
        for name in {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}:
            places.setdefault(name, []).append(path)
    return {name: found for name, found in sorted(places.items()) if len(found) > 1 and not name.startswith("_")}


def circles(imports: Mapping[str, set[str]]) -> list[str]:
    """Return the modules that import themselves by way of others."""
    reached: dict[str, set[str]] = {name: set(found) for name, found in imports.items()}
    for middle in reached:
        for found in reached.values():
            if middle in found:
                found |= reached[middle]
    return sorted(name for name, found in reached.items() if name in found)


def imports() -> dict[str, set[str]]:
    """Return which modules of the product each of them imports, be it for their types alone."""
    graph = grimp.build_graph("tukscal", cache_dir=None)
    names = [name for name in graph.modules if name.split(".")[1:2] and name.split(".")[1] in PARTS]
    return {name: set(graph.find_modules_directly_imported_by(name)) & set(names) for name in names}


def obeys_import_rules() -> bool:
    """Tell whether import-linter finds no upward import; it says which it finds."""
    return lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def entered() -> list[str]:
    """Return the files whose functions a batch of one PDF calls, in the command's process and its workers."""
    with tempfile.TemporaryDirectory() as made_folder:
        folder = Path(made_folder)
        (folder / "in").mkdir()
        (folder / "in" / "a.pdf").write_bytes(made("lectures", 1).pdf)
        (folder / "trace").mkdir()
        (folder / "trace" / "sitecustomize.py").write_text(TRACE, "utf-8")
        environment = {**clean_environment(folder), "PYTHONPATH": str(folder / "trace"),
                       "HOUSE_TRACE": str(folder / "files"),
                       "HOUSE_PARTS": os.pathsep.join(f"{ROOT / part}{os.sep}" for part in PARTS)}  # fmt: skip
        command = [TUKSCAL, "batch", "in", "-o", "out", "--year", "2026", "--ledger", "ledger.db"]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        found = set((folder / "files").read_text("utf-8").splitlines())
    return sorted(Path(name).relative_to(ROOT).as_posix() for name in found)


def reaches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield where a test reaches for a private name that is not its own, and for which."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    own |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_self(node.value)}
    for node in ast.walk(tree):
        for name in _named(node):
            if _private(name) and name not in own:
                yield getattr(node, "lineno", 0), ast.unparse(node).splitlines()[0]


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and not _is_self(node.value):
        yield node.attr
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("setattr", "delattr"):
        texts = [argument.value for argument in node.args[:2] if isinstance(argument, ast.Constant)]
        yield from (text.rsplit(".", 1)[-1] for text in texts if isinstance(text, str))
    elif isinstance(node, ast.ImportFrom):
        yield from (name.name for name in node.names)


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in PUBLIC


def figures() -> Iterator[tuple[str, object]]:
    """Yield each figure with what it is of."""
    trees = modules(*PARTS)
    for parts in (PARTS, *((part,) for part in PARTS), ("examples",), ("tests",)):
        yield f"{'product' if parts == PARTS else parts[0]}: modules / lines", _size(modules(*parts))
    long = {path: lines(path) for path in trees}
    yield "module median / longest", f"{statistics.median(long.values()):.0f} / {_longest(long)}"
    short = {path: size for path, size in long.items() if size < SHORT and not path.endswith("__init__.py")}
    yield f"modules under {SHORT} lines", f"{len(short)}: {', '.join(short)}"
    sizes = functions(trees)
    ninth = statistics.quantiles(sizes.values(), n=10)[8]
    yield (
        "function median / p90 / longest",
        f"{statistics.median(sizes.values()):.0f} / {ninth:.0f} / {_longest(sizes)}",
    )
    twice = doubled(trees)
    yield "public class names in two or more modules", f"{len(twice)}: {', '.join(twice)}"
    round_ = circles(imports())
    yield "modules in import circles", f"{len(round_)}: {', '.join(round_)}"
    yield "upward imports", "none" if _quietly(obeys_import_rules) else "some: lint-imports says which"
    yield "files that a batch of one PDF enters", len(entered())
    found = Counter({path: sum(1 for _ in reaches(tree)) for path, tree in modules("tests").items()})
    yield "private reaches of tests", f"{found.total()}; most in {', '.join(name for name, _ in found.most_common(3))}"


def _size(trees: Mapping[str, ast.AST]) -> str:
    return f"{len(trees)} / {sum(map(lines, trees)):,}"


def _longest(sizes: Mapping[str, int]) -> str:
    name = max(sizes, key=lambda key: sizes[key])
    return f"{sizes[name]} ({name})"


def _quietly(ask: Callable[[], bool]) -> bool:
    shown = os.dup(1)
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 1)
    try:
        return ask()
    finally:
        sys.stdout.flush()
        os.dup2(shown, 1)
        os.close(shown)


if __name__ == "__main__":
    for name, value in figures():
        print(f"{name}: {value}")
