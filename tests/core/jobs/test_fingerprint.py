"""What the ledger knows of outputs is read ahead in pages: no answer depends on how they are cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tukscal.core.jobs import fingerprint
from tukscal.core.jobs.fingerprint import Unchanged, had_settled
from tukscal.core.ledger import Ledger, Standing
from tukscal.tests.core.ledger.ledgers import Place, finish_all, new_job, queued

# In an order of bytes that is none of letters; the last is not UTF-8.
OUTPUTS = [f"/out/{name}.ics" for name in ("A", "a b", "a", "a-b", "b", "b/a", "z", "é", "\U0001f600", "\udcff")]
RECORDED = OUTPUTS[1::2]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with results of every second output."""
    with Place(tmp_path_factory.mktemp("ledger") / "ledger.db").open() as opened:
        queued(opened, *(new_job(source=Path(f"{path}.pdf"), output=Path(path)) for path in RECORDED))
        finish_all(opened)
        yield opened


@given(asked=st.lists(st.sampled_from(OUTPUTS), max_size=30), page=st.integers(1, 6), pages=st.integers(1, 3))
def test_any_order_of_questions(ledger: Ledger, asked: list[str], page: int, pages: int) -> None:
    """Whatever is asked for in whatever order, an output's owner is the PDF of its result, and nobody without one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "_PAGE", page)
        patch.setattr(fingerprint, "_PAGES", pages)
        known = Unchanged(ledger, ("", "", ""), lambda _source: None)
        owners = {path: known.owner(path) for path in asked}
    assert owners == {path: f"{path}.pdf" if path in RECORDED else None for path in asked}


def test_a_folder_is_asked_for_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Going twice through outputs in the order of their bytes asks the ledger once for a page of them."""
    questions: list[str] = []
    ask = ledger.history.standings

    def asked(first: str, limit: int) -> dict[str, Standing]:
        questions.append(first)
        return ask(first, limit)

    monkeypatch.setattr(fingerprint, "_PAGE", 3)
    monkeypatch.setattr(ledger.history, "standings", asked)
    known = Unchanged(ledger, ("", "", ""), lambda _source: None)
    for output in RECORDED + RECORDED:
        known.owner(output)
    assert questions == [RECORDED[0], RECORDED[3]]


@pytest.mark.parametrize(("read", "trusted"), [(21.9, False), (22.0, True), (1e9, True)])
def test_a_stamp_is_trusted_ten_seconds_after_the_last_change(read: float, trusted: bool) -> None:
    """What had changed, in content or name, within ten seconds of its reading may have changed again unseen."""
    stamp = "5-10000000000-12000000000-7"  # written at 10 s, its inode changed at 12 s
    assert had_settled(stamp, read) is trusted
    standing = Standing("/in/a.pdf", stamp, stamp, "", "", "", "", read, 0, None)
    assert fingerprint._is_settled(standing) is trusted
    assert fingerprint._is_settled(standing._replace(started=0.0, confirmed=read)) is trusted


@pytest.mark.parametrize("stamp", ["", "stamp", "1-2-3"])
def test_what_is_no_stamp_is_never_trusted(stamp: str) -> None:
    """Where nothing is known of a file's times it is read."""
    assert not had_settled(stamp, 1e12)
    assert not fingerprint._is_settled(Standing("/in/a.pdf", stamp, stamp, "", "", "", "", 1e12, 0, None))
