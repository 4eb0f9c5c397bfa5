"""Facts survive the way through CSV exactly; what cannot be read is named by file, row and column."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from galu.exchange.facts_csv import read_facts, write_facts
from galu.exchange.facts_reference import facts_reference
from galu.finding import InputError
from galu.record import Entry, Fact
from galu.record.conduct import Decision, Retraction
from galu.record.people import Ecog, Lab
from support import ROOT

MOMENT = datetime(2026, 1, 5, 8, 30, 0, 123456, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "=1+1",
        "+4",
        "-4",
        "@x",
        "'",
        "''",
        "'=x",
        "'s-Hertogenbosch",
        "'",
        "＝1",
        'a"b,c',
        "a\r\nb",
        "true",
        "[1]",
    ]
)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def facts(draw: st.DrawFn) -> tuple[Fact, ...]:
    """Facts of two kinds with any text and any number."""
    found: list[Fact] = []
    for n in range(draw(st.integers(1, 4))):
        found.append(
            Lab(
                id=f"l{n}",
                subject="=HYPERLINK(1)",
                on="2026-01-05",
                test="NEUT",
                by=draw(TEXTS),
                text=draw(st.none() | TEXTS),
                value=draw(NUMBERS),
                baseline=draw(st.none() | st.booleans()),
            )
        )
        found.append(
            Decision(
                id=f"d{n}",
                on="2026-01",
                decision="open-level",
                level=draw(st.none() | st.integers(1, 9)),
                rests_on=tuple(draw(st.lists(TEXTS, max_size=3))),
            )
        )
    return tuple(found)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=facts())
def test_what_is_written_is_read_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, batch: tuple[Fact, ...]
) -> None:
    folder = tmp_path_factory.mktemp("out") / "facts"
    write_facts((Entry(n, MOMENT, fact) for n, fact in enumerate(batch, 1)), folder)
    again = read_facts(folder)
    assert again.facts == batch
    assert again.recorded == (MOMENT,) * len(batch)


def test_no_cell_begins_like_a_formula(tmp_path: Path) -> None:
    lab = Lab(id="l", subject="=cmd|' /C calc'!A0", on="2026-01-05", test="@SUM(1)", value=-3.5, by="-x")
    (path,) = write_facts([Entry(1, MOMENT, lab)], tmp_path / "out")
    row = path.read_text(encoding="utf-8").splitlines()[1].split(",")
    assert [cell for cell in row if cell[:1] in ("=", "+", "-", "@")] == ["-3.5"]


def test_an_export_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "lab.csv").write_text("mine")
    with pytest.raises(InputError, match="not an empty folder"):
        write_facts([], tmp_path)


def test_a_correction_comes_after_what_it_corrects(tmp_path: Path) -> None:
    (tmp_path / "retraction.csv").write_text("id,on,supersedes,reason\nr,2026-01-07,e2,typo\n")
    (tmp_path / "ecog.csv").write_text(
        "id,subject,on,score,supersedes,reason\ne2,S,2026-01-05,1,e1,typo\ne1,S,2026-01-05,2,,\n"
    )
    read = read_facts(tmp_path)
    assert [type(fact) for fact in read.facts] == [Ecog, Ecog, Retraction]
    assert [fact.id for fact in read.facts] == ["e1", "e2", "r"]
    assert read.recorded is None
    assert read.places["e1"].endswith("ecog.csv, row 3")


HEADER = "id,subject,on,score"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{HEADER}\na,S,2026-01-05,1\na,S,2026-01-06,1\n", "row 3, column id: id 'a' is taken by"),
        (f"{HEADER}\na,S,2026-13-05,1\nb,S,2026-01-06,7\n", "row 2, column on"),
        (f"{HEADER}\na,S,2026-13-05,1\nb,S,2026-01-06,7\n", "2 faults, nothing was written"),
        (f"{HEADER}\na,S,2026-01-05,1.5\n", "row 2, column score: '1.5'"),
        (f"{HEADER}\na,S,2026-01-05\n", "row 2: has 3 cells where the header has 4"),
        (f"{HEADER}\na,,2026-01-05,1\n", "row 2: a ecog fact needs its subject"),
        (f"{HEADER},score\n", "column 'score' stands twice"),
        ("id,subject,on\n", "column 'score' is missing"),
        (f"{HEADER},recorded\na,S,2026-01-05,1,yesterday\n", "a stamp cannot be read"),
        (f'{HEADER}\na,S,2026-01-05,"1\n', "is broken CSV"),
        ("", "is empty"),
    ],
)
def test_a_fault_names_file_row_and_column(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "ecog.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_facts(path)
    assert says in str(raised.value)
    assert raised.value.place.startswith(str(path))


def test_other_encodings_are_refused_and_a_byte_order_mark_is_not(tmp_path: Path) -> None:
    path = tmp_path / "ecog.csv"
    path.write_bytes("id,subject,on,score\na,Müller,2026-01-05,1\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_facts(path)
    path.write_bytes("id,subject,on,score\na,Müller,2026-01-05,1\n".encode("utf-8-sig"))
    assert read_facts(path).facts[0].subject == "Müller"


def test_the_reference_of_facts_is_current() -> None:
    shown = (ROOT / "docs" / "reference" / "facts.md").read_text(encoding="utf-8")
    assert shown == facts_reference(), "run: galu record kinds > docs/reference/facts.md"
