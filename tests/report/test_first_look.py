"""The report answers first: the recommended dose, what is open, the board; assumptions last, linked."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from galu.desk.folder import TrialFolder
from galu.desk.run import run_trial
from galu.record import Fact, fact_digest
from galu.record.conduct import Decision, Signature
from galu.record.disease import AdverseEvent
from galu.record.people import Lab
from galu.report.sections.glance import recommended
from galu.report.sections.open_items import Item, derive_items
from galu.trial.state import TrialState, derive_state
from report.trial_folder import FIRST, day, make_trial

_RP2D = Decision(id="rp", on=day(90), decision="rp2d", level=1, by="committee", rests_on=("nP1",))


@pytest.fixture
def trial(tmp_path: Path) -> TrialFolder:
    return make_trial(tmp_path / "t")


def _add(trial: TrialFolder, *facts: Fact) -> None:
    moments = [datetime.fromisoformat(f"{day(91 + n)}T10:00:00+00:00") for n in range(len(facts))]
    trial.store.append(list(facts), moments)


def _state(trial: TrialFolder) -> TrialState:
    on = FIRST + timedelta(days=120)
    return derive_state(trial.study_on(on), trial.record, on)


def _sign(decision: Decision) -> Signature:
    return Signature(id="sg", on=decision.on, signs=decision.id, digest=fact_digest(decision),
                     meaning="approved", signer="Chair")  # fmt: skip


def _of(items: Iterable[Item], what: str) -> list[Item]:
    return [one for one in items if one.what == what]


def test_an_unsigned_recommended_dose_is_none_and_open(trial: TrialFolder) -> None:
    assert recommended(_state(trial)) == "There is no recommended dose yet."
    _add(trial, _RP2D)
    state = _state(trial)
    assert recommended(state).startswith("There is no recommended dose yet. 1 recorded without a signature")
    (item,) = (one for one in _of(derive_items(state), "decision does not stand") if "rp2d" in one.known)
    assert item.asked == "a signature"


def test_the_signed_recommended_dose_is_named_and_says_when_it_is_stale(trial: TrialFolder) -> None:
    _add(trial, _RP2D, _sign(_RP2D))
    said = recommended(_state(trial))
    assert said == f"Recommended dose: 3.7 GBq (level 1), signed by Chair on {day(90)}."
    assert not [
        one for one in _of(derive_items(_state(trial)), "decision does not stand") if "rp2d" in one.known
    ]
    corrected = Lab(id="nP1b", subject="P", on=day(21), test="PLAT", value=20, unit="10^9/L",
                    supersedes="nP1", reason="typed wrong")  # fmt: skip
    trial.store.append([corrected], [datetime.fromisoformat(f"{day(100)}T10:00:00+00:00")])
    state = _state(trial)
    assert "stale" in recommended(state)
    (item,) = (one for one in _of(derive_items(state), "decision does not stand") if "rp2d" in one.known)
    assert item.asked == "look again and sign anew"


def test_a_pending_patient_who_may_have_had_a_toxicity_is_open_with_what_is_asked(trial: TrialFolder) -> None:
    state = _state(trial)
    suspects = {slot.subject: slot.reason for slot in state.board.slots if slot.suspect}
    assert suspects
    found = _of(derive_items(state), "may have had a toxicity")
    assert {one.subject: one.asked for one in found} == suspects


def _ungraded(event: str) -> Fact:
    return AdverseEvent(id="u", subject="P", on=day(9), term=event, soc="Skin", grade=None)


@pytest.mark.parametrize(
    ("fact", "what", "words"),
    [
        (_ungraded("Fatigue"), "event without a grade", "Fatigue"),
        (_ungraded("zzqx complaint"), "event term not read", "zzqx complaint"),
        (
            Lab(
                id="u", subject="P", on=day(30), test="PLAT", value=None, text="about 3 dozen", unit="10^9/L"
            ),
            "result not read",
            "PLAT",
        ),
        (
            Lab(id="u", subject="P", on=day(30), test="HGB", value=90, unit="furlong"),
            "result not read",
            "furlong",
        ),
    ],
)
def test_what_nobody_could_read_is_open(trial: TrialFolder, fact: Fact, what: str, words: str) -> None:
    def mine(state: TrialState) -> list[Item]:
        return [one for one in _of(derive_items(state), what) if words in one.known]

    assert not mine(_state(trial))
    _add(trial, fact)
    assert len(mine(_state(trial))) == 1


def test_rows_set_aside_are_one_open_item(trial: TrialFolder) -> None:
    state = _state(trial)
    aside = (("2026-02-02", "lb.csv", 3, "no unit"), ("2026-02-02", "lb.csv", 4, "no unit"))
    (item,) = _of(derive_items(state, aside), "rows set aside")
    assert item.known.startswith("2 rows of lb.csv") and item.place == "Rows set aside"
    assert not _of(derive_items(state), "rows set aside")


def _count_dlts(state: TrialState) -> int:
    return sum(slot.outcome == "T" for slot in state.board.slots)


def _count_deviations(state: TrialState) -> int:
    return sum(len(slot.deviations) for slot in state.board.slots)


@pytest.mark.parametrize(
    ("what", "count"), [("dose-limiting toxicity", _count_dlts), ("dosed off protocol", _count_deviations)]
)
def test_every_dlt_and_every_dose_off_protocol_is_open(
    trial: TrialFolder, what: str, count: Callable[[TrialState], int]
) -> None:
    _add(
        trial,
        AdverseEvent(id="t", subject="Q", on=day(20), term="Febrile neutropenia", grade=4,
                     attribution="related"),
        *(Lab(id=f"l{n}", subject="P", on=day(n), test="PLAT", value=9, unit="G/L") for n in range(20, 29)),
    )  # fmt: skip
    state = _state(trial)
    assert len(_of(derive_items(state), what)) == count(state)
    assert _count_dlts(state) > 0


def test_the_page_answers_first_and_assumes_last(trial: TrialFolder, tmp_path: Path) -> None:
    page = run_trial(trial.path, tmp_path / "r").read_text(encoding="utf-8")
    ids = re.findall(r'<section id="([^"]+)">', page)
    assert ids[:4] == ["glance", "open", "board", "deviations"] and ids[-1] == "assumed"
    targets = set(re.findall(r'\bid="([^"]+)"', page))
    links = re.findall(r'href="#([^"]+)"', page)
    assert set(links) <= targets
    assert sum(one.startswith("table-assumed-") for one in links) >= 10
    parts = {one for one in links if one.startswith("table-assumed-")}
    assert parts <= targets and len(parts) >= 8
    listed = list(csv.DictReader((tmp_path / "r" / "tables" / "assumptions.csv").open(encoding="utf-8")))
    shown = set(re.findall(r'<td class="[st]">([^<]+)</td>', page))
    assert {row["element"] for row in listed} <= shown
    assert not (tmp_path / "r" / "tables" / "assumed-safety.csv").exists()
