"""Which sessions are a student's: choices of groups, modules, language and programme over made timetables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tukscal.core.errors import BadRows
from tukscal.core.model import Entry
from tukscal.core.selection.select import (
    Choice,
    Selected,
    Selection,
    check_names,
    choices,
    chosen_groups,
    group_kinds,
    keep_chosen,
    select,
)
from tukscal.tests.core.selection.made_groups import small_timetables
from tukscal.tests.core.sessions import exam, lecture, semester_test, timetable

# Two classes, the second with a practical and a tutorial of its own, three practicals, two tutorials, one lonely group.
LECTURES = (
    lecture(group="G01", activity="L1"), lecture(group="G01", activity="L2", language="E"),
    lecture(group="G02", activity="L1", language="A"), lecture(group="G02", activity="P1", language="A"),
    lecture(group="P01", activity="P1", language="B"), lecture(group="P02", activity="P1"),
    lecture(group="P03", activity="P1", language="A"),
    lecture(group="T01", activity="T1", language=None), lecture(group="T02", activity="T1"),
    lecture(module="STK 220", group="G01", activity="L1", study_programme=None),
)  # fmt: skip


def names(entries: Iterable[Entry]) -> list[str]:
    """Return group and activity of the sessions of COS 214, other modules with their code."""
    return [
        f"{'' if entry.module == 'COS 214' else f'{entry.module} '}{entry.group} {entry.activity}" for entry in entries
    ]


def mine(entries: Sequence[Entry] = LECTURES, **selection: object) -> list[str]:
    """Return what is left of a timetable."""
    return names(select(timetable(entries), Selection(**selection)).timetable.entries)  # type: ignore[arg-type]


# ---- groups


def test_no_choice_is_everything() -> None:
    """An empty selection keeps every session in its order and leaves every decision open."""
    selected = select(timetable(LECTURES), Selection())
    assert selected.timetable == timetable(LECTURES)
    assert selected.dropped == 0
    assert selected.open == (
        Choice("COS 214", "S2", "G", ("G01", "G02")),
        Choice("COS 214", "S2", "P", ("P01", "P02", "P03")),
        Choice("COS 214", "S2", "T", ("T01", "T02")),
    )


def test_a_group_replaces_the_others_of_its_kind() -> None:
    """A chosen class takes the place of the other classes; practicals, tutorials and other modules stay."""
    assert mine(groups={"COS 214": ("G01",)}) == [
        "G01 L1", "G01 L2", "P01 P1", "P02 P1", "P03 P1", "T01 T1", "T02 T1", "STK 220 G01 L1",
    ]  # fmt: skip
    assert mine(groups={"COS 214": ("P02", "T01")}) == [
        "G01 L1", "G01 L2", "G02 L1", "G02 P1", "P02 P1", "T01 T1", "STK 220 G01 L1",
    ]  # fmt: skip


def test_what_a_class_owns_comes_with_it() -> None:
    """A class with a practical of its own brings it, and then no other practical group is needed."""
    assert mine(groups={"COS 214": ("G02",)}) == ["G02 L1", "G02 P1", "T01 T1", "T02 T1", "STK 220 G01 L1"]
    both = mine(groups={"COS 214": ("G02", "P03")})
    assert both == ["G02 L1", "G02 P1", "P03 P1", "T01 T1", "T02 T1", "STK 220 G01 L1"]


def test_several_groups_of_a_kind() -> None:
    """Two groups of one kind are both kept, and the decision stays open between them."""
    selected = select(timetable(LECTURES), Selection(groups={"COS 214": ("G01", "P01", "P03", "T01")}))
    assert names(selected.timetable.entries) == ["G01 L1", "G01 L2", "P01 P1", "P03 P1", "T01 T1", "STK 220 G01 L1"]
    assert selected.open == (Choice("COS 214", "S2", "P", ("P01", "P03")),)
    assert selected.dropped == 4


def test_a_full_choice_leaves_nothing_open() -> None:
    """One of each kind is a full choice."""
    assert select(timetable(LECTURES), Selection(groups={"COS 214": ("G01", "P02", "T02")})).open == ()


# ---- periods


PERIODS = tuple(
    lecture(module="COS 301", offered=period, group=group)
    for period, groups in (("S1", "12"), ("S2", "13"), ("Y", "3"))
    for group in (f"G0{number}" for number in groups)
)


def offered(**selection: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return period and group of the sessions of COS 301 that are left."""
    left = select(timetable(PERIODS), Selection(**selection)).timetable.entries  # type: ignore[arg-type]
    return [f"{entry.offered} {entry.group}" for entry in left]


def test_a_choice_counts_only_where_its_group_is() -> None:
    """A group that a module has in one period only says nothing about the other periods."""
    assert offered(groups={"COS 301": ("G02",)}) == ["S1 G02", "S2 G01", "S2 G03", "Y G03"]
    assert offered(groups={"COS 301": ("G01",)}) == ["S1 G01", "S2 G01", "Y G03"]


def test_a_choice_for_a_period() -> None:
    """A key with a period counts there only, and there it goes before the module's own."""
    assert offered(groups={"COS 301 S2": ("G03",)}) == ["S1 G01", "S1 G02", "S2 G03", "Y G03"]
    both = Selection(groups={"COS 301": ("G01",), "COS 301 S2": ("G03",)})
    assert offered(groups=both.groups) == ["S1 G01", "S2 G03", "Y G03"]
    assert (chosen_groups(both, "COS 301", "S2"), chosen_groups(both, "COS 301", "S1")) == (("G03",), ("G01",))
    assert chosen_groups(both, "COS 214", "S2") == ()


def test_decisions_are_of_a_module_a_period_and_a_kind() -> None:
    """Each period has decisions of its own, sorted; a kind with one group is known but no decision."""
    assert group_kinds(PERIODS) == (
        Choice("COS 301", "S1", "G", ("G01", "G02")),
        Choice("COS 301", "S2", "G", ("G01", "G03")),
        Choice("COS 301", "Y", "G", ("G03",)),
    )
    assert choices(PERIODS) == group_kinds(PERIODS)[:2]


# ---- modules, language, programme


def test_modules_and_exclude() -> None:
    """Only the modules named stay, and of those not the excluded."""
    assert mine(modules=("STK 220",)) == ["STK 220 G01 L1"]
    assert mine(exclude=("COS 214",)) == ["STK 220 G01 L1"]
    assert mine(modules=("COS 214", "STK 220"), exclude=("COS 214",)) == ["STK 220 G01 L1"]


def test_language() -> None:
    """Groups of another language go; those of both languages or of none said stay."""
    english = ["G01 L1", "G01 L2", "P01 P1", "P02 P1", "T01 T1", "T02 T1", "STK 220 G01 L1"]
    assert mine(language="E") == english
    assert mine(language="A") == ["G02 L1", "G02 P1", "P01 P1", "P03 P1", "T01 T1"]


@pytest.mark.parametrize(
    ("printed", "programme", "kept"),
    [
        ("r3", "r3", True),
        ("e3r3z2", "r3", True),
        ("e3r3z2", "e3r3z2", True),
        ("e3r2z3", "r3", False),
        ("R3", "r3", False),
        ("BCOM", "BCOM", True),
        ("BDV1 BTH1 DIP1", "BTH1", True),
        ("BDV1 BTH1 DIP1", "B", False),
        ("BCOM", "BCO", False),
        ("b3m3 r3", "m3", True),
        (None, "r3", True),
    ],
)
def test_programme(printed: str | None, programme: str, kept: bool) -> None:
    """A programme is a word of what is printed, or a letter and digit in one; a group without one is for all."""
    entries = [lecture(study_programme=printed), lecture(module="STK 220", study_programme=programme)]
    assert mine(entries, programme=programme) == [*(["G01 L1"] if kept else []), "STK 220 G01 L1"]


def test_all_at_once() -> None:
    """Every kind of choice together keeps what all of them keep."""
    assert mine(modules=("COS 214",), language="E", programme="r3", groups={"COS 214": ("P01",)}) == [
        "G01 L1", "G01 L2", "P01 P1", "T01 T1", "T02 T1",
    ]  # fmt: skip


def test_modules_of_which_nothing_is_left_are_told() -> None:
    """A module that language or programme empties is named; one that was not chosen or excluded is not."""
    entries = [*LECTURES, lecture(module="WTW 285", language="A"), lecture(module="IMY 210", language="A")]
    selected = select(timetable(entries), Selection(language="E", exclude=("COS 214", "IMY 210")))
    assert selected.emptied == ("WTW 285",)
    assert select(timetable(entries), Selection(language="E", modules=("STK 220",))).emptied == ()


def test_a_language_that_no_group_is_taught_in() -> None:
    """A language of no group is refused with those there are, unless groups are taught in both."""
    english = [lecture(), lecture(module="STK 220")]
    with pytest.raises(BadRows, match="No group is taught in A") as raised:
        select(timetable(english), Selection(language="A"))
    assert raised.value.advice == "Groups are taught in E."
    assert mine([*english, lecture(module="WTW 285", language="B")], language="A") == ["WTW 285 G01 L1"]


# ---- tests and exams


def test_choices_of_groups_do_not_touch_tests_and_exams() -> None:
    """Tests and exams have no groups: only modules and exclude choose among them."""
    selection = Selection(groups={"COS 214": ("G01", "P02"), "WTW 285": ("G07",)}, language="A", programme="z9")
    for entries in ([semester_test(), semester_test(module="STK 220")], [exam(), exam(module="STK 220")]):
        assert select(timetable(entries), selection) == Selected(timetable(entries), 0, ())
        left = select(timetable(entries), replace(selection, modules=("STK 220", "COS 999")))
        assert [entry.module for entry in left.timetable.entries] == ["STK 220"]
        left = select(timetable(entries), replace(selection, exclude=("STK 220", "COS 999")))
        assert [entry.module for entry in left.timetable.entries] == ["COS 214"]


# ---- what is not there


@pytest.mark.parametrize(
    ("selection", "message", "advice"),
    [
        ({"modules": ("COS 999",)}, "There is no COS 999 in a.pdf", "There are COS 214, STK 220."),
        ({"exclude": ("COS 999",)}, "There is no COS 999 in a.pdf", "There are COS 214, STK 220."),
        (
            {"groups": {"COS 999": ("G01",)}, "modules": ("COS 998", "COS 997")},
            "There is no COS 997, COS 998 or COS 999 in a.pdf",
            "There are COS 214, STK 220.",
        ),
        (
            {"groups": {"COS 214": ("G01", "G03", "P09")}},
            "COS 214 has no G03 or P09,",
            "COS 214 has the groups G01, G02, P01, P02, P03, T01, T02.",
        ),
        ({"groups": {"COS 214 S1": ("G01",)}}, "COS 214 S1 has no G01,", "COS 214 S1 has the groups of other periods"),
        ({"groups": {"STK 220 S2": ("G02",)}}, "STK 220 S2 has no G02,", "STK 220 S2 has the groups G01."),
        ({"programme": "z9"}, "No group is for the programme z9,", "There are r3."),
        ({"language": "A", "modules": ("STK 220",)}, "The selection leaves nothing of a.pdf.", "There are COS 214,"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(selection: dict[str, object], message: str, advice: str) -> None:
    """A selection that names what a timetable lacks, or leaves nothing, is refused with a list of what there is."""
    with pytest.raises(BadRows) as raised:
        select(timetable(LECTURES, name="a.pdf"), Selection(**selection))  # type: ignore[arg-type]
    assert raised.value.message.startswith(message)
    assert raised.value.advice.startswith(advice)


def test_a_shared_file_may_name_other_modules() -> None:
    """A lenient selection may name modules of other timetables, but no group that a module here does not have."""
    shared = Selection(groups={"COS 999": ("G09",), "COS 214": ("G01",)}, exclude=("COS 998",), lenient=True)
    assert len(select(timetable(LECTURES), shared).timetable.entries) == 8
    with pytest.raises(BadRows, match="COS 214 has no G09"):
        select(timetable(LECTURES), replace(shared, groups={"COS 214": ("G09",)}))


def test_several_timetables_are_searched_together() -> None:
    """What one of several timetables has is there; what none has is refused with the names of all."""
    both = [timetable(LECTURES[:3], name="a.pdf"), timetable([semester_test(module="WTW 285")], name="b.pdf")]
    check_names(both, Selection(modules=("WTW 285", "COS 214"), groups={"COS 214": ("G02",)}))
    with pytest.raises(BadRows, match=r"There is no COS 999 in a\.pdf and b\.pdf"):
        check_names(both, Selection(modules=("WTW 285", "COS 999")))


# ---- laws


def selections_of(entries: Sequence[Entry]) -> st.SearchStrategy[Selection]:
    """Selections that name what there is."""
    modules = sorted({entry.module for entry in entries})
    groups: dict[str, set[str]] = {}
    for entry in entries:
        if entry.group:
            groups.setdefault(entry.module, set()).add(entry.group)
            groups.setdefault(f"{entry.module} {entry.offered}", set()).add(entry.group)
    some = {
        key: st.lists(st.sampled_from(sorted(found)), max_size=3, unique=True).map(tuple)
        for key, found in groups.items()
    }
    picks = st.fixed_dictionaries({}, optional=some)
    few = st.lists(st.sampled_from(modules), max_size=2, unique=True).map(tuple)
    return st.builds(
        Selection,
        groups=picks,
        modules=few,
        exclude=few,
        language=st.sampled_from([None, "E", "A"]),
        programme=st.sampled_from([None, "r3", "z9"]),
    )


@settings(deadline=None, max_examples=150)
@given(st.data(), small_timetables())
def test_a_selection_invents_nothing_and_is_idempotent(data: st.DataObject, entries: list[Entry]) -> None:
    """What is chosen is a part of the timetable in its order, is counted, and chosen again stays the same."""
    selection = data.draw(selections_of(entries))
    once = keep_chosen(timetable(entries), selection)
    rest = iter(entries)
    assert all(any(entry is other for other in rest) for entry in once.timetable.entries)
    assert once.dropped == len(entries) - len(once.timetable.entries)
    again = keep_chosen(once.timetable, selection)
    assert (again.timetable, again.dropped, again.open) == (once.timetable, 0, once.open)


@settings(deadline=None, max_examples=150)
@given(small_timetables())
def test_the_groups_of_a_kind_make_up_the_whole(entries: list[Entry]) -> None:
    """Every session is in the choice of some group of each kind, and no choice has a group of that kind beside its."""
    for choice in group_kinds(entries):
        key = f"{choice.module} {choice.offered}"
        parts = [
            keep_chosen(timetable(entries), Selection(groups={key: (group,)})).timetable.entries
            for group in choice.groups
        ]
        # A kind that every class owns itself needs no group: of such a kind nothing is in the union.
        owned = [
            {entry.activity[0] for entry in entries if (entry.module, entry.group) == (choice.module, group)} - {"L"}
            for group in choice.groups
        ]
        if choice.kind != "G" or not set.intersection(*owned):
            assert {id(entry) for part in parts for entry in part} == {id(entry) for entry in entries}
        for group, part in zip(choice.groups, parts, strict=True):
            there = {
                entry.group
                for entry in part
                if (entry.module, entry.offered) == (choice.module, choice.offered)
                and entry.group
                and entry.group[0] == choice.kind
            }
            assert there == {group}


@settings(deadline=None, max_examples=60)
@given(small_timetables(), st.data())
def test_other_modules_are_not_touched(entries: list[Entry], data: st.DataObject) -> None:
    """A choice for one module changes nothing of another."""
    choice = data.draw(st.sampled_from(group_kinds(entries)))
    left = keep_chosen(timetable(entries), Selection(groups={choice.module: choice.groups[:1]})).timetable.entries
    others = [entry for entry in entries if entry.module != choice.module]
    assert [entry for entry in left if entry.module != choice.module] == others
