"""Writes made timetables into a folder: `python -m tukscal.examples.generator OUT --count 100 --seed 1`."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

from .content import Made, made
from .layout import Layout
from .rows import Kind

KINDS: tuple[Kind, ...] = ("tests", "exams", "lectures")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write what the command line asks for."""
    options = _options(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for number in range(options.count):
        one = mixed(options.seed, number, options.kind)
        stem = f"{number:05}-{one.kind}"
        (options.out / f"{stem}.pdf").write_bytes(one.pdf)
        if options.expected:
            (options.out / f"{stem}.expected.json").write_text(json.dumps(one.expected, indent=1))
    if options.attacks:
        _write_others(options.out)


def mixed(seed: int, number: int, kind: Kind | None = None) -> Made:
    """The timetable of one number in a mix: kinds, pages and forms in the portal's proportions."""
    chance = random.Random(f"mix {seed} {number}")  # noqa: S311 - content, not a secret
    pages = chance.choices(range(1, 9), (40, 25, 12, 8, 5, 4, 3, 3))[0]
    printed_again = chance.random() < 0.1
    return made(
        kind or chance.choices(KINDS, (35, 25, 40))[0],
        seed * 1_000_003 + number,
        pages=pages,
        offered=("S1", "S2") if printed_again else (chance.choice(("S1", "S2")),),
        year=chance.choice((2025, 2026)),
        layout=Layout(style="pdfium" if printed_again else "oracle"),
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tukscal.examples.generator", description=__doc__)
    parser.add_argument("out", type=Path, help="folder to write into")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--expected", action="store_true", help="write the expected entries beside each PDF")
    parser.add_argument("--attacks", action="store_true", help="attacks, near misses and malformations as well")
    return parser.parse_args(arguments)


def _write_others(out: Path) -> None:
    from .attacks import ATTACKS
    from .malformed import MALFORMED
    from .near_misses import NEAR_MISSES

    makers = {f"attack-{name}": make for name, make in ATTACKS.items()}
    makers |= {f"near-miss-{name}": make for name, make in NEAR_MISSES.items()}
    makers |= {f"malformed-{name}": one.pdf for name, one in MALFORMED.items()}
    for name, make in makers.items():
        (out / f"{name}.pdf").write_bytes(make())


if __name__ == "__main__":
    main()
