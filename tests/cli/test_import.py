"""What people hand in: files that grow, other dialects, many faults at once, corrections, templates."""

from __future__ import annotations

from csv import DictReader
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from galu.desk.folder import open_trial
from galu.desk.record import write_templates
from galu.exchange.dialect import PLAIN, dialect_named, number_in, other_reading, time_in
from galu.exchange.facts_csv import read_facts
from galu.exchange.facts_templates import TEMPLATES
from galu.finding import InputError
from galu.protocol import load_study
from galu.record import Record
from galu.trial.admission import check_admission
from galu.trial.entered import Notation
from support import ROOT, csv, run

STUDY = ROOT / "studies" / "nct07310355"
REFERENCE = load_study(STUDY / "study.yaml")
NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    folder = tmp_path / "trial"
    assert run("init", STUDY, "-o", folder) == 0
    return folder


LAB = "id,subject,on,test,value,unit"


def test_a_file_that_grows_is_imported_again(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = csv(
        tmp_path / "f", "lab", LAB, "l1,001,2024-01-25,HGB,13.2,g/dL", "l2,001,2024-01-25,PLAT,210,10^9/L"
    )
    assert run("record", "import", trial, lab) == 0
    head = open_trial(trial).store.head()
    assert run("record", "import", trial, lab) == 0
    said = capsys.readouterr().out
    assert "2 known already" in said and "0 facts written" in said
    assert open_trial(trial).store.head() == head
    lab.write_text(lab.read_text() + "l3,001,2024-02-02,HGB,12.9,g/dL\n")
    assert run("record", "import", trial, lab, "--dry-run") == 0
    assert open_trial(trial).store.head() == head
    assert run("record", "import", trial, lab) == 0
    assert open_trial(trial).store.head().seq == head.seq + 1
    # What it said before may not change under its id: the column and both values are named.
    lab.write_text(lab.read_text().replace("HGB,13.2", "HGB,10.2"))
    for more in (("--dry-run",), ()):
        capsys.readouterr()
        assert run("record", "import", trial, lab, *more) == 2
        said = capsys.readouterr().err
        assert "row 2, column value: id 'l1' is in the record already with 13.2, here with 10.2" in said
        assert "supersedes 'l1'" in said


def test_every_fault_of_an_import_is_in_one_list(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cells, values, files: all at once, and nothing that only follows from another fault."""
    source = tmp_path / "f"
    ecogs = ("e1,001,2024-13-05,1", "e2,001,2024-01-05,9", "e3,001,2024-01-05,1")
    csv(source, "ecog", "id,subject,on,score", *ecogs)
    csv(source, "adverse_event", "id,subject,on,term,grade", "x1,001,2024-02-03,Rash,7")
    csv(source, "adverse_event_course", "id,subject,on,event,grade", "y1,001,2024-02-05,x1,0")
    csv(source, "vital", LAB, "v1,001,2024-02-03,HEIGHT,1.78,cm")
    csv(source, "visits", "id,subject,on,visit", "w1,001,2024-02-03,screening")
    before = open_trial(trial).store.head()
    assert run("record", "import", trial, source) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "galu: 5 faults, nothing was written:"
    assert [line.split(": ")[0].rsplit("/", 1)[1] for line in said[1:]] == [
        "visits.csv",
        "ecog.csv, row 2, column on",
        "ecog.csv, row 3, column score",
        "adverse_event.csv, row 2, column grade",
        "vital.csv, row 2, column value",
    ]
    assert open_trial(trial).store.head() == before


def test_a_long_list_is_cut_and_says_so(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"e{n},001,2024-01-05,9" for n in range(70)]
    assert run("record", "import", trial, csv(tmp_path / "e", "ecog", "id,subject,on,score", *rows)) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "galu: 70 faults, nothing was written:"
    assert len(said) == 52 and said[-1] == "  and 20 more"


AE = "id,subject,on,term,grade,supersedes,reason"


@pytest.mark.parametrize(
    ("kind", "header", "row", "says"),
    [
        (
            "adverse_event",
            AE,
            "y,002,2024-02-03,Rash,3,x,typo",
            "subject: corrects 'x', which is a fact of 001",
        ),
        ("adverse_event", AE, "y,001,2024-02-03,Rash,3,nobody,typo", "'nobody', which is no earlier fact"),
        ("adverse_event", AE, "y,001,2024-02-03,Rash,3,y,typo", "'y', which is no earlier fact"),
        ("history", "id,subject,on,term,supersedes,reason", "y,001,2024-02-03,Rash,x,typo", "another kind"),
        ("retraction", "id,subject,on,supersedes,reason", "y,002,2024-02-03,x,typo", "a fact of 001"),
        ("retraction", "id,on,supersedes,reason", "y,2024-02-03,study-1,typo", "cannot be taken back"),
        ("retraction", "id,on,supersedes,reason", "y,2024-02-03,x,typo", None),
        ("adverse_event", AE, "y,001,2024-02-04,Itch,3,x,typed wrong", None),
    ],
)
def test_a_correction_keeps_subject_and_kind_and_a_dry_run_says_so(
    trial: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    header: str,
    row: str,
    says: str | None,
) -> None:
    first = csv(tmp_path / "a", "adverse_event", "id,subject,on,term,grade", "x,001,2024-02-03,Rash,2")
    assert run("record", "import", trial, first) == 0
    second = csv(tmp_path / "b", kind, header, row)
    said = []
    for more in (("--dry-run",), ()):
        capsys.readouterr()
        assert run("record", "import", trial, second, *more) == (0 if says is None else 2)
        said.append(capsys.readouterr().err)
    assert said[0] == said[1]
    assert says is None or says in said[0]


def test_subjects_that_look_alike_are_asked_about(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By case, width, a blank, a Cyrillic letter; a digit more is another person."""
    first = csv(tmp_path / "a", "consent", "id,subject,on", "c1,X01,2024-02-03", "c2,X1,2024-02-03")
    assert run("record", "import", trial, first) == 0
    for other in ("x01", "\uff3801", "X 01", "\u042501"):
        again = csv(tmp_path / "b", "consent", "id,subject,on", f"c3,{other},2024-02-03")
        assert run("record", "import", trial, again) == 2
        assert f"{other!r} looks like 'X01'" in capsys.readouterr().err


def test_what_cannot_be_seen_is_no_part_of_an_identifier(tmp_path: Path) -> None:
    for hidden in ("\u200b", "\u202e", "\x07", "\u00a0", "\ufe0f", "\u3164", "\u00ad"):
        for row in (f"c{hidden}1,X01", f"c1,X{hidden}01"):
            path = csv(tmp_path, "consent", "id,subject,on", f"{row},2024-02-03")
            with pytest.raises(InputError, match="cannot be seen"):
                read_facts(path)


def test_a_time_that_no_clock_of_the_zone_shows_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (STUDY / "study.yaml").read_text(encoding="utf-8")
    (tmp_path / "study.yaml").write_text(text.replace("zone: Asia/Shanghai", "zone: Europe/Berlin"), "utf-8")
    trial = tmp_path / "berlin"
    assert run("init", tmp_path, "-o", trial) == 0
    rows = ["c1,A,2024-03-31T02:30", "c2,B,2024-03-31T03:30", "c3,C,2024-03-31T02:30:00+02:00"]
    assert run("record", "import", trial, csv(tmp_path / "c", "consent", "id,subject,on", *rows)) == 2
    said = capsys.readouterr().err
    assert "row 2, column on: 2024-03-31T02:30:00 does not exist in Europe/Berlin" in said
    assert said.count("\n") == 1
    rows = ["c4,D,2024-10-27T02:30", "c5,E,2024-10-27T03:30", "c6,F,2024-10-27T02:30+01:00"]
    assert run("record", "import", trial, csv(tmp_path / "c", "consent", "id,subject,on", *rows)) == 2
    said = capsys.readouterr().err
    assert "row 2, column on: 2024-10-27T02:30:00 is twice in Europe/Berlin" in said
    assert "write its offset: +02:00 before, +01:00 after" in said and said.count("\n") == 1


@pytest.mark.parametrize(
    "when",
    ["2026-02-02T08:00:00+24:00", "2026-02-02T08:00+14:30", "2026-02-02T08:00-05:75", "0001-01-01",
     "9999-12-31", "2026-02-30", "2026-02-02T24:00", "1026-02-02"],
)  # fmt: skip
def test_times_that_do_not_exist_are_refused_with_place_and_remedy(tmp_path: Path, when: str) -> None:
    path = csv(tmp_path, "consent", "id,subject,on", f"c1,A,{when}")
    with pytest.raises(InputError) as raised:
        read_facts(path)
    assert raised.value.place == f"{path}, row 2, column on"
    assert raised.value.remedy


# --- dialects -------------------------------------------------------------------------------------------


def test_a_german_spreadsheet_is_read_once_its_dialect_is_declared(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lab.csv"
    rows = [
        "\ufeffid;subject;on;test;value;unit",
        "l1;P1;20.03.2024;HGB;12,4;g/dL",
        "l2;P1;1.4.2024 09:30;HGB;11;g/dL",
    ]
    path.write_text("\r\n".join(rows), encoding="utf-8")
    assert run("record", "import", trial, path) == 2
    assert "separated by semicolons; declare that dialect: --dialect semicolon" in capsys.readouterr().err
    assert run("record", "import", trial, path, "--dialect", "semicolon") == 2
    said = capsys.readouterr().err
    assert "column value: '12,4' has a decimal comma" in said
    assert "column on: '20.03.2024' could be read in more than one order" in said
    assert said.count("\n") == 4
    assert run("record", "import", trial, path, "--dialect", "german") == 0
    rows_read = open_trial(trial).record.facts("lab").select("on", "value").rows()
    assert rows_read == [("2024-03-20", 12.4), ("2024-04-01T09:30:00", 11.0)]
    assert run("record", "import", trial, path, "--dialect", "swiss") == 2
    assert "join by + any of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "text", "means"),
    [
        ("dd.mm.yyyy", "03.04.2026", "2026-04-03"),
        ("mm/dd/yyyy", "03/04/2026", "2026-03-04"),
        ("dd/mm/yyyy", "3/4/2026 9:05", "2026-04-03T09:05"),
        ("dd.mm.yyyy", "04.2026", "2026-04"),
        ("dd.mm.yyyy", "2026-04-03", "2026-04-03"),
        ("dd.mm.yyyy", "03/04/2026", None),
        ("dd.mm.yyyy", "03.04.26", None),
        ("comma", "03/04/2026", None),
    ],
)
def test_a_date_is_read_in_the_declared_order_or_asked(words: str, text: str, means: str | None) -> None:
    if means is None:
        with pytest.raises(ValueError, match="more than one order"):
            time_in(text, dialect_named(words))
    else:
        assert time_in(text, dialect_named(words)) == means


GROUPS = st.sampled_from([" ", "\u00a0", "\u202f", "'", "\u2019", "_", ",", "."])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(1_000, 9_999_999),
    group=GROUPS,
    decimals=st.sampled_from(["", ".5", ",5"]),
    words=st.sampled_from(["comma", "decimal-point", "decimal-comma"]),
)
def test_grouped_thousands_are_never_a_number(number: int, group: str, decimals: str, words: str) -> None:
    """Whatever groups them, whatever is declared; one group alone may be decimals, as declared."""
    text = f"{number:,}".replace(",", group) + decimals
    dialect = dialect_named(words)
    mark = "," if words == "decimal-comma" else "."
    if not decimals and group == mark and text.count(group) == 1:
        assert float(number_in(text, dialect)) == number / 1000
        assert (other_reading(text, dialect) == str(number)) is (words == "comma")
    else:
        with pytest.raises(ValueError, match=r"without separators|decimal comma"):
            number_in(text, dialect)


@pytest.mark.parametrize(
    ("row", "asked"),
    [
        ("l,001,2024-02-03,PLAT,210.000,/uL", True),
        ("l,001,2024-02-03,WBC,6.100,/uL", True),
        ("l,001,2024-02-03,PLAT,1.234,10^9/L", True),
        ("l,001,2024-02-03,PSA,1.234,ng/mL", True),
        ("l,001,2024-02-03,ALT,1.200,U/L", True),
        ("l,001,2024-02-03,FERRITIN,1.200,ug/L", True),
        ("l,001,2024-02-03,HGB,12.345,g/dL", False),
        ("l,001,2024-02-03,CREAT,80.000,umol/L", False),
        ("l,001,2024-02-03,PLAT,210.000,10^9/L", False),
        ("l,001,2024-02-03,PSA,0.123,ng/mL", False),
        ("l,001,2024-02-03,PSA,1.23,ng/mL", False),
        ("l,001,2024-02-03,PSA,1234.567,ng/mL", False),
    ],
)
def test_a_point_that_may_group_thousands_is_asked_where_both_are_possible(
    tmp_path: Path, row: str, asked: bool
) -> None:
    path = csv(tmp_path, "lab", LAB, row)

    def faults(words: str) -> list[str]:
        files = read_facts(path, dialect_named(words))
        notation = Notation(files.doubtful, files.unread)
        found = check_admission(REFERENCE, Record({}, "Asia/Shanghai"), files.facts, NOW, notation)
        return [one.column for one in found if "group thousands" in one.fault]

    assert faults("comma") == (["value"] if asked else [])
    assert faults("decimal-point") == []


def test_an_export_is_read_back_whatever_its_digits(trial: Path, tmp_path: Path) -> None:
    """galu's own points are decimal: nobody is asked."""
    assert other_reading("1.234", PLAIN) == "1234"
    lab = csv(tmp_path / "f", "lab", LAB, "l,001,2024-02-03,PSA,1.234,ng/mL")
    assert run("record", "import", trial, lab) == 2
    assert run("record", "import", trial, lab, "--dialect", "decimal-point") == 0
    out = tmp_path / "out"
    assert run("record", "export", trial, "-o", out) == 0
    assert run("record", "import", trial, out) == 0


# --- templates ------------------------------------------------------------------------------------------


def test_templates_of_all_kinds_can_be_imported(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "templates"
    assert run("record", "template", "all", "-o", out) == 0
    assert {path.stem for path in out.iterdir()} == set(TEMPLATES)
    assert run("record", "import", trial, out) == 0
    assert f"{len(TEMPLATES)} facts written" in capsys.readouterr().out
    assert run("record", "template", "lab", "-o", out) == 2
    assert "nothing was written" in capsys.readouterr().err
    assert run("record", "template", "study_version", "-o", out) == 2


@pytest.mark.parametrize("name", ["nct04506567", "nct05521412", "nct07310355"])
def test_a_template_names_the_agent_of_the_study(name: str, tmp_path: Path) -> None:
    study = ROOT / "studies" / name
    assert run("record", "template", "administration", "-o", tmp_path, "--study", study) == 0
    (row,) = DictReader((tmp_path / "administration.csv").read_text(encoding="utf-8").splitlines())
    treatment = load_study(study / "study.yaml").treatment
    assert treatment is not None and row["agent"] == treatment.therapy_agent.value
    # Only the reference study's levels are known to the example.
    assert bool(row["planned_activity_mbq"]) == (name == "nct07310355")


#: Kinds that name another fact.
REFERRING = (
    "retraction", "adverse_event_course", "order_step", "safety_report", "query", "query_step", "data_mark",
    "data_note",
)  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in TEMPLATES if kind not in REFERRING])
def test_each_template_may_enter_alone(kind: str, tmp_path: Path) -> None:
    """Its row is read and is possible in the reference study; those that refer to another fact do not."""
    path = write_templates(kind, tmp_path)[0]
    files = read_facts(path)
    assert len(files.facts) == 1
    assert check_admission(REFERENCE, Record({}, "Asia/Shanghai"), files.facts, NOW) == ()
