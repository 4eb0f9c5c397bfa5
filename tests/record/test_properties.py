"""Laws of the record: the past never changes, codecs lose nothing, corrections resolve, seals see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galu.record import KINDS, Entry, Fact, canonical, fact_of, record_of
from galu.record.conduct import Retraction, StudyVersion
from galu.record.people import Ecog, Lab
from galu.record.record import frame_from_payloads
from galu.record.seal import GENESIS, SealedRow, broken_at, digest_of
from galu.store import SqliteStore

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


@st.composite
def histories(draw: st.DrawFn, forked: bool = True) -> list[Entry]:
    """Facts, corrections of any earlier fact, and retractions, at moments that never go back.

    No store lets a fact be replaced twice, but a record of before may hold such forks.
    """
    entries: list[Entry] = []
    moment = START
    for seq in range(1, draw(st.integers(1, 14)) + 1):
        moment += timedelta(hours=draw(st.integers(0, 40)))
        replaced = {entry.fact.supersedes for entry in entries if not forked}
        ecogs = [one.fact.id for one in entries if one.fact.kind == "ecog" and one.fact.id not in replaced]
        target = draw(st.none() | st.sampled_from(ecogs)) if ecogs else None
        fact: Fact
        if target is not None and draw(st.booleans()):
            fact = Retraction(id=f"f{seq}", on="2026-01-05", supersedes=target, reason="withdrawn")
        else:
            day = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 9)))
            fact = Ecog(
                id=f"f{seq}",
                subject="S1",
                on=day.isoformat(),
                score=draw(st.integers(0, 5)),
                supersedes=target,
                reason="typo" if target else None,
            )
        entries.append(Entry(seq, moment, fact))
    return entries


@settings(max_examples=80, deadline=None)
@given(entries=histories(), cut=st.integers(0, 14))
def test_later_facts_never_change_an_earlier_as_of(entries: list[Entry], cut: int) -> None:
    """The state as of each moment is the same whether or not more has been written since."""
    moment = entries[min(cut, len(entries) - 1)].recorded
    then = record_of([entry for entry in entries if entry.recorded <= moment])
    full = record_of(entries).as_of(moment)
    assert full.facts("ecog").equals(then.facts("ecog"))
    assert full.forks == then.forks
    assert full.superseded == then.superseded


@settings(max_examples=40, deadline=None)
@given(entries=histories(forked=False))
def test_a_replay_through_the_store_gives_the_same_record(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]
) -> None:
    moments = iter([entry.recorded for entry in entries])
    store = SqliteStore.create(tmp_path_factory.mktemp("r") / "r.sqlite", lambda: next(moments))
    half = len(entries) // 2
    for entry in entries[:half]:
        store.append([entry.fact])
    seen = store.record()
    for entry in entries[half:]:
        store.append([entry.fact])
    assert list(store.entries()) == entries
    assert store.record().facts("ecog").equals(record_of(entries).facts("ecog"))
    assert seen.facts("ecog").equals(record_of(entries[:half]).facts("ecog"))


@settings(max_examples=80, deadline=None)
@given(entries=histories())
def test_the_last_of_a_chain_wins_and_nothing_superseded_stands(entries: list[Entry]) -> None:
    record = record_of(entries)
    standing = record.facts("ecog")["id"].to_list()
    corrected = {entry.fact.supersedes for entry in entries if entry.fact.supersedes}
    assert not corrected & set(standing)
    for entry in entries:
        later = [e.fact.id for e in entries if e.fact.supersedes == entry.fact.id]
        if len(later) > 1:
            assert not set(later[:-1]) & set(standing)
            assert tuple(later) in [fork.corrections for fork in record.forks]
    # Of a fact and all that corrects it, directly or in turn, the last one written stands alone.
    chains: dict[str, list[str]] = {}
    root_of: dict[str, str] = {}
    for entry in entries:
        corrected_id = entry.fact.supersedes
        root_of[entry.fact.id] = root_of[corrected_id] if corrected_id else entry.fact.id
        chains.setdefault(root_of[entry.fact.id], []).append(entry.fact.id)
    kinds = {entry.fact.id: entry.fact.kind for entry in entries}
    assert set(standing) == {chain[-1] for chain in chains.values() if kinds[chain[-1]] == "ecog"}
    roots = record.facts("ecog")["root"].to_list()
    firsts = {entry.fact.id for entry in entries if entry.fact.supersedes is None}
    assert set(roots) <= firsts


def test_a_retraction_of_a_correction_leaves_nothing() -> None:
    facts: list[Fact] = [
        Ecog(id="a", subject="S1", on="2026-01-05", score=1),
        Ecog(id="b", subject="S1", on="2026-01-05", score=2, supersedes="a", reason="typo"),
        Retraction(id="c", on="2026-01-06", supersedes="b", reason="other subject"),
    ]
    entries = [Entry(n, START + timedelta(hours=n), fact) for n, fact in enumerate(facts, 1)]
    record = record_of(entries)
    assert record.facts("ecog").height == 0
    assert record.as_of(START + timedelta(hours=2)).facts("ecog")["score"].to_list() == [2]
    assert record.as_of(START + timedelta(hours=1)).facts("ecog")["score"].to_list() == [1]


def test_a_clinical_cut_is_made_of_what_stands() -> None:
    """A correction made, or dated, after the cut still corrects; the study version is never cut away."""
    facts: list[Fact] = [
        StudyVersion(id="v", on="2026-03-01", study="s", study_hash="0" * 64, origin="imported"),
        Ecog(id="a", subject="S1", on="2026-01-05", score=1),
        Ecog(id="b", subject="S1", on="2026-02-20", score=1, supersedes="a", reason="wrong day"),
        Ecog(id="c", subject="S1", on="2026-01-06", score=2),
        Retraction(id="d", on="2026-02-21", supersedes="c", reason="other subject"),
        Ecog(id="e", subject="S1", on="2026-01-07", score=3),
    ]
    record = record_of([Entry(n, START + timedelta(hours=n), fact) for n, fact in enumerate(facts, 1)])
    cut = record.occurred_by(date(2026, 1, 31))
    assert cut.facts("ecog")["id"].to_list() == ["e"]
    assert cut.origin == "imported"
    assert record.occurred_by(date(2026, 2, 28)).facts("ecog")["root"].to_list() == ["e", "a"]


def test_facts_are_in_the_order_of_time_whatever_zone_they_name() -> None:
    written = ["2026-01-05T17:00:00+00:00", "2026-01-06T00:30:00", "2026-01-06", "2026-01-05T20:00:00+08:00"]
    facts = [Ecog(id=f"f{n}", subject="S1", on=on, score=1) for n, on in enumerate(written)]
    entries = [Entry(n, START, fact) for n, fact in enumerate(facts, 1)]
    # 17:00 in Greenwich is one in the morning of the next day in Shanghai.
    assert record_of(entries, "Asia/Shanghai").facts("ecog")["id"].to_list() == ["f3", "f2", "f1", "f0"]


def test_a_day_ends_in_the_zone_of_the_trial() -> None:
    evening = datetime(2026, 1, 5, 17, tzinfo=UTC)  # 01:00 of 6 January in Shanghai
    entry = Entry(1, evening, Ecog(id="a", subject="S1", on="2026-01-05", score=1))
    assert record_of([entry], "Asia/Shanghai").as_of(date(2026, 1, 5)).facts("ecog").height == 0
    assert record_of([entry], "UTC").as_of(date(2026, 1, 5)).facts("ecog").height == 1


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=100, deadline=None)
@given(
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    text=st.none() | TEXT,
    by=TEXT,
    baseline=st.none() | st.booleans(),
)
def test_the_codec_loses_nothing(
    value: float | None, text: str | None, by: str, baseline: bool | None
) -> None:
    lab = Lab(
        id="l", subject="S", on="2026-01-05", test="PSA", value=value, text=text, by=by, baseline=baseline
    )
    payload = canonical(lab)
    assert KINDS["lab"].model_validate_json(payload) == lab
    stamps = pl.DataFrame(
        {"seq": [1], "recorded": [START]}, schema_overrides={"recorded": pl.Datetime("us", "UTC")}
    )
    row = frame_from_payloads("lab", [payload], stamps).row(0, named=True)
    assert fact_of("lab", row) == lab
    assert canonical(fact_of("lab", row)) == payload


def sealed(payloads: list[str]) -> list[SealedRow]:
    rows, previous = [], GENESIS
    for seq, payload in enumerate(payloads, 1):
        recorded = f"2026-01-{seq:02}T00:00:00.000000Z"
        digest = digest_of(previous, seq, recorded, "ecog", payload)
        rows.append(SealedRow(seq, recorded, "ecog", payload, previous, digest))
        previous = digest
    return rows


@settings(max_examples=80, deadline=None)
@given(
    payloads=st.lists(TEXT, min_size=2, max_size=9), at=st.integers(0, 8), other=TEXT, kind=st.integers(0, 4)
)
def test_the_chain_sees_every_change_but_a_lost_tail(
    payloads: list[str], at: int, other: str, kind: int
) -> None:
    rows = sealed(payloads)
    assert broken_at(rows) is None
    at %= len(rows)
    changed = [
        [*rows[:at], replace(rows[at], payload=rows[at].payload + other + "x"), *rows[at + 1 :]],
        [*rows[:at], replace(rows[at], recorded="2027"), *rows[at + 1 :]],
        [*rows[:at], replace(rows[at], kind="lab"), *rows[at + 1 :]],
        [rows[-1], *rows[:-1]],
        rows[1:],
    ][kind]
    assert broken_at(changed) is not None
    assert broken_at(rows[:-1]) is None


def test_the_record_reads_empty_kinds_as_empty_tables(tmp_path: Path) -> None:
    store = SqliteStore.create(tmp_path / "r.sqlite", lambda: START)
    record = store.record()
    assert len(record) == 0 and record.last_recorded is None
    for kind in KINDS:
        assert record.facts(kind).height == 0
