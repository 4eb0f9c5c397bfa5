"""A whole trial goes out as files and comes back the same: amended, simulated, read-only, elsewhere."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from galu.desk.amend import Begins, amend_trial
from galu.desk.folder import TrialFolder, create_trial, open_trial
from galu.desk.record import export_record, import_csv
from galu.desk.simulate import simulate_into
from galu.finding import InputError
from galu.record.people import Consent, Demographics
from galu.trial.state import derive_state
from support import ROOT, csv, run

FOLDER = ROOT / "studies" / "nct07310355"


def _amended(folder: Path, old: str, new: str) -> Path:
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    assert old in text
    path = folder.parent / f"{folder.name}-next.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def _amend(folder: Path, number: int) -> None:
    change = {
        1: ("window_days: {value: 42,", "window_days: {value: 28,"),
        2: ("  max_cycles:\n    value: 6", "  max_cycles:\n    value: 5"),
    }
    amend_trial(folder, _amended(folder, *change[number]), f"Amendment {number}", "Sponsor")


def _content(trial: TrialFolder, day: date) -> tuple[object, ...]:
    state = derive_state(trial.study_on(day), trial.record.as_of(day), day)
    return (state.board, state.eligibility, state.deviations, state.visits, state.flow, state.facts)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("simulated")
    text = (FOLDER / "study.yaml").read_text(encoding="utf-8")
    (home / "study.yaml").write_text(text.replace("    value: 49\n", "    value: 7\n"), encoding="utf-8")
    simulate_into(home / "study.yaml", FOLDER / "scenario.yaml", 3, home / "trial")
    return home / "trial"


def test_a_simulated_and_amended_trial_comes_back_entry_by_entry(simulated: Path, tmp_path: Path) -> None:
    trial = tmp_path / "trial"
    shutil.copytree(simulated, trial)
    _amend(trial, 1)
    _amend(trial, 2)
    out = tmp_path / "out"
    export_record(trial, out)
    assert len(list((out / "versions").iterdir())) == 3
    for path in (out, *out.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    done = import_csv(tmp_path / "elsewhere" / "copy", out)
    one, other = open_trial(trial), open_trial(tmp_path / "elsewhere" / "copy")
    assert done.total == len(one.record)
    assert (one.store.head(), one.record.origin) == (other.store.head(), "simulated")
    last = one.record.last_recorded
    assert last is not None
    for day in (date(2027, 3, 1), last.date()):
        assert _content(one, day) == _content(other, day)


@pytest.mark.parametrize("origin", ["imported", "simulated"])
def test_the_label_simulated_is_kept_in_a_folder_made_before(
    simulated: Path, tmp_path: Path, origin: str
) -> None:
    trial, out, copy = tmp_path / "trial", tmp_path / "out", tmp_path / "copy"
    shutil.copytree(simulated, trial)
    _amend(trial, 1)
    export_record(trial, out)
    begun = datetime(2020, 1, 1, tzinfo=UTC)
    create_trial(simulated / "study.yaml", copy, origin, begun)  # type: ignore[arg-type]
    import_csv(copy, out)
    one, other = open_trial(trial), open_trial(copy)
    assert other.record.origin == "simulated"
    day = date(2027, 3, 1)
    assert _content(one, day)[:-1] == _content(other, day)[:-1]
    assert other.study == one.study


def test_a_simulated_trial_enters_no_record_of_people(simulated: Path, tmp_path: Path) -> None:
    out, people = tmp_path / "out", tmp_path / "people"
    export_record(simulated, out)
    create_trial(simulated / "study.yaml", people, "observed")
    with pytest.raises(InputError, match="would lose that label"):
        import_csv(people, out)
    create_trial(simulated / "study.yaml", tmp_path / "old", "imported", datetime(2020, 1, 1, tzinfo=UTC))
    csv(tmp_path / "facts", "consent", "id,subject,on", "c,A,2026-01-05")
    import_csv(tmp_path / "old", tmp_path / "facts")
    with pytest.raises(InputError, match="would lose that label"):
        import_csv(tmp_path / "old", out)


def test_what_was_observed_is_labelled_as_imported_elsewhere(tmp_path: Path) -> None:
    trial = create_trial(FOLDER / "study.yaml", tmp_path / "trial", "observed")
    trial.store.append([Consent(id="c", subject="A", on="2026-01-05")])
    _amend(tmp_path / "trial", 1)
    assert run("record", "export", tmp_path / "trial", "-o", tmp_path / "out") == 0
    assert run("record", "import", tmp_path / "copy", tmp_path / "out", "--dry-run") == 0
    assert not (tmp_path / "copy").exists()
    assert run("record", "import", tmp_path / "copy", tmp_path / "out") == 0
    assert open_trial(tmp_path / "copy").record.origin == "imported"
    assert run("record", "verify", tmp_path / "copy") == 0


@pytest.mark.parametrize("what", ["gone", "altered"])
def test_an_export_without_its_study_is_refused(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    create_trial(FOLDER / "study.yaml", tmp_path / "trial", "observed")
    _amend(tmp_path / "trial", 1)
    export_record(tmp_path / "trial", tmp_path / "out")
    for path in (tmp_path / "out" / "versions").iterdir():
        if what == "gone":
            path.unlink()
        else:
            path.write_text(path.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
    assert run("record", "import", tmp_path / "copy", tmp_path / "out") == 2
    assert not (tmp_path / "copy").exists()
    assert "study" in capsys.readouterr().err


def test_an_amendment_by_site_and_consent_comes_back_the_same(tmp_path: Path) -> None:
    trial = create_trial(FOLDER / "study.yaml", tmp_path / "trial", "observed")
    trial.store.append(
        [
            Consent(id="c", subject="A", on="2026-01-05", form_version="1"),
            Demographics(id="d", subject="A", on="2026-01-05", sex="M", site="Wuhan"),
        ]
    )
    study = _amended(tmp_path / "trial", "window_days: {value: 42,", "window_days: {value: 28,")
    begins = Begins(date(2190, 1, 1), (("Wuhan", date(2190, 2, 1)),), True, "2")
    amend_trial(tmp_path / "trial", study, "Amendment 1", "Sponsor", begins=begins)
    export_record(tmp_path / "trial", tmp_path / "out")
    import_csv(tmp_path / "copy", tmp_path / "out")
    one, other = (open_trial(tmp_path / name).record.facts("study_version") for name in ("trial", "copy"))
    columns = ["effective", "site_days", "reconsent", "consent_form", "amendment", "study_hash"]
    assert one.select(columns).equals(other.select(columns))
    assert one["site_days"].to_list() == [None, "Wuhan=2190-02-01"]
