"""`tukscal choose`: which groups are mine, with the keyboard or by proposal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ...core.commands.choose import ChoiceRequest, Draft, lay_out, save, selection_of
from ...core.commands.inputs import Opening
from ...core.pool import Guards, Pool
from ...core.selection.decisions import Picks
from ...core.selection.file import dump_selection
from ...core.selection.preferences import MEANINGS, Preference
from ...core.selection.propose import NODES
from ...core.selection.select import Selection
from ..common.options import reading_options, selection_options

_PATH = click.Path(path_type=Path)
_STDOUT = Path("-")


@click.command("choose", short_help="Choose your groups and see which sessions clash.")
@click.argument("files", nargs=-1, required=True, type=_PATH, metavar="FILE...")
@click.option("-o", "--output", type=_PATH, metavar="TOML", help="Selection file to write; - for standard output.")
@click.option("--propose", "proposing", is_flag=True, help="Propose the groups that clash least, without asking.")
@click.option("--anew", is_flag=True, help="With --propose: decide again what an earlier choice decided.")
@click.option(
    "--prefer",
    "names",
    multiple=True,
    type=click.Choice([name.value for name in Preference]),
    help=(
        "Preference among the choices that clash least; may be repeated, the first counts most: "
        + ", ".join(f"{name.value} (few {MEANINGS[name]})" for name in Preference)
        + "."
    ),
)
@click.option("--dry-run", is_flag=True, help="Print the selection; write nothing.")
@click.option("--json", "machine", is_flag=True, help="With --propose: print JSON.")
@click.option("--nodes", type=click.IntRange(1), default=NODES, help="How far --propose searches.", show_default=True)
@selection_options
@reading_options
@click.pass_context
def choose(
    ctx: click.Context,
    /,
    files: tuple[Path, ...],
    output: Path | None,
    proposing: bool,
    anew: bool,
    names: tuple[str, ...],
    dry_run: bool,
    machine: bool,
    nodes: int,
    select: Path | None,
    typed: Selection,
    password: str | None,
    timeout: float,
    memory: int,
) -> None:
    """Choose your groups in timetables of lectures.

    You choose in the terminal with the keyboard while the week is drawn; --propose chooses without asking. Tests and
    exams among the FILEs count as clashes. The choice is written beside the PDF of lectures as NAME.toml, or as
    tukscal.toml in the folder if there are several; `tukscal convert` and `tukscal show` find it there.

    A proposal has the fewest clashing minutes in a year: a weekly clash counts for 6 weeks a quarter, a clash with a
    test or exam once. How often a session takes place also depends on recess, holidays and test weeks. Among the
    choices with the fewest minutes, --prefer decides, in the order given. Preferences are counted in one week of each
    semester, or of each quarter where the quarters differ; equal weeks count once.

    An earlier choice and --group are kept; --anew keeps only --group. Entries for modules of other PDFs stay in a
    selection that is not one PDF's own. Comments in the file are not kept.
    """
    _check(proposing=proposing, anew=anew, machine=machine)
    to_stdout = output == _STDOUT
    request = ChoiceRequest(
        files=files, output=None if to_stdout else output, typed=typed, select=select, opening=Opening(password)
    )
    with Pool(guards=Guards(timeout=timeout, memory=memory)) as pool:
        draft = lay_out(request, pool)
    preferences = tuple(Preference(name) for name in names)
    write = not (dry_run or to_stdout)
    if proposing:
        from .proposal import ProposalRequest, make_proposal

        kept = draft.typed if anew else draft.picks
        task = ProposalRequest(draft=draft, picks=kept, preferences=preferences, nodes=nodes)
        make_proposal(task, write=write, machine=machine)
        return
    picks = _ask(draft, preferences)
    if picks is not None:
        _finish(draft, picks, write=write)


def _check(*, proposing: bool, anew: bool, machine: bool) -> None:
    """Refuse options that contradict each other or where we are."""
    if not proposing and (anew or machine):
        raise click.UsageError("--anew and --json need --propose.")
    if not proposing and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("Choosing needs a terminal; --propose chooses without asking.")


def _ask(draft: Draft, preferences: tuple[Preference, ...]) -> Picks | None:
    """Return what a person chose on the screen; None if they left."""
    from .screen import choose_on_screen
    from .state import ChooserState, ScreenMode, make_board

    board = make_board(draft.decisions, preferences)
    picks = {choice: groups for choice, groups in draft.picks.items() if choice in board.rows}
    message = f"No longer in the PDF: {', '.join(draft.gone)}." if draft.gone else ""
    if draft.comments and not message:
        message = f"Saving will remove the comments in {draft.path.name}."
    last = choose_on_screen(board, ChooserState(picks=picks, saved=picks, message=message))
    if last.mode is not ScreenMode.SAVED:
        click.echo("Nothing was written.")
        return None
    return last.picks


def _finish(draft: Draft, picks: Picks, *, write: bool) -> None:
    from ..common.terminal import print_lines
    from .proposal import lost_lines, open_lines, written_lines

    if write:
        save(draft, picks)
        print_lines([*open_lines(draft, picks), *lost_lines(draft), *written_lines(draft)])
    else:
        print_lines([*open_lines(draft, picks), *lost_lines(draft)], to_stderr=True)
        click.echo(dump_selection(selection_of(draft, picks)).decode(), nl=False)
