"""Forms: what is typed becomes the fact that a file would bring, once, or stands with its fault beside it."""

from datetime import date

import pytest

from galu.desk.folder import TrialFolder, create_trial, open_trial
from galu.desk.forms.correct import open_correction, send_correction
from galu.desk.forms.drafts import keep_draft
from galu.desk.forms.fields import fact_of_part, label_of, part
from galu.desk.forms.sheets import PANELS, writable
from galu.desk.forms.write import Where, open_form, send_form
from galu.desk.identity import acts
from galu.exchange.facts_templates import template
from galu.finding import InputError, NotThereError
from galu.record import KINDS, canonical
from galu.record.people import Consent, Demographics
from galu.trial.state import derive_state
from recorded_patient import patient
from support import ROOT

STUDY = ROOT / "studies" / "nct07310355"
_OWN = ("id", "source", "account", "supersedes", "reason")


def text_of(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


@pytest.fixture
def folder(tmp_path):
    trial = create_trial(STUDY, tmp_path / "t", "observed")
    trial.store.append(
        [Demographics(id="d", subject="W-01", on="2026-06-01", site="Wuhan", sex="M"),
         Consent(id="c", subject="W-01", on="2026-06-01")]
    )  # fmt: skip
    trial.store.close()
    return tmp_path / "t"


def sent(folder, where, write=True, key=None, **cells):
    values = {"key": open_form(folder, where).key if key is None else key, **cells}
    return send_form(folder, where, values, write)


@acts("read")
def record_of(folder):
    return open_trial(folder).record


# --- every kind


@pytest.mark.parametrize("kind", writable())
def test_a_form_tells_the_fact_that_its_template_tells(kind):
    import csv
    import io

    (row,) = csv.DictReader(io.StringIO(template(kind)))
    told = {name: cell for name, cell in row.items() if cell and name in KINDS[kind].model_fields}
    expected = KINDS[kind].model_validate(told)
    one = part("fact", kind)
    values = {f"fact.{name}": text_of(getattr(expected, name)) for name in told if name not in _OWN}
    lists = {name for name, value in expected if isinstance(value, tuple) and value}
    fact, faults = fact_of_part(one, values, (expected.subject or "", expected.id))
    assert faults == () and not lists
    same = expected.model_copy(update={"source": "", "account": None})
    assert canonical(fact) == canonical(same)


@pytest.mark.parametrize("kind", writable())
def test_what_is_required_and_missing_is_named_at_its_field(kind):
    one = part("fact", kind)
    fact, faults = fact_of_part(one, {}, ("W-01", "x"))
    assert fact is None
    assert {name for name, _ in faults} >= {f.name for f in one.fields if f.required}


def test_labels_bear_their_units():
    for kind in writable():
        for field in part("fact", kind).fields:
            assert "_" not in field.label and label_of(field.column) == field.label


# --- a patient by hand


def test_a_patient_entered_by_hand_is_the_patient_imported(tmp_path):
    by_hand = create_trial(STUDY, tmp_path / "hand", "observed").path
    imported = create_trial(STUDY, tmp_path / "file", "observed")
    facts = [one for one in patient() if one.kind != "study_version"]
    imported.store.append(facts)
    names = {}
    for number, fact in enumerate(facts):
        cells = {f"fact.{name}": names.get(value, text_of(value)) for name, value in fact if name not in _OWN}
        where = Where("new") if not number else Where(fact.kind, fact.subject)
        if not number:
            create_subject(by_hand, fact)
            continue
        done = sent(by_hand, where, **cells)
        assert done.written, (fact, done.faults)
        names[fact.id] = done.written[0]
    states = [state_of(folder) for folder in (by_hand, tmp_path / "file")]
    for part_of in (slots, eligible, doses):
        assert part_of(states[0]) == part_of(states[1]), part_of.__name__
    assert len(slots(states[0])) == 1 and len(eligible(states[0])) > 1


def create_subject(folder, first):
    trial = open_trial_to_write(folder)
    trial.store.append([first])


@acts("read")
def open_trial_to_write(folder):
    return open_trial(folder)


def state_of(folder):
    trial = open_trial_to_write(folder)
    return derive_state(trial.study, trial.record, trial.today)


def slots(state):
    return [(one.subject, one.level, one.outcome, one.reason, one.counts) for one in state.board.slots]


def eligible(state):
    return [(g.subject, g.gate, [(v.criterion, v.verdict) for v in g.verdicts]) for g in state.eligibility]


def doses(state):
    return [
        (d.agent, d.cycle, d.start, d.net_mbq) for one in state.subjects for d in (*one.imaging, *one.therapy)
    ]


# --- once, and nothing lost


def test_a_form_sent_twice_writes_once_and_one_that_was_changed_says_so(folder):
    where = Where("ecog", "W-01")
    key = open_form(folder, where).key
    cells = {"fact.on": "2026-06-03", "fact.score": "1"}
    first = sent(folder, where, key=key, **cells)
    again = sent(folder, where, key=key, **cells)
    assert first.written == again.written and len(first.written) == 1
    assert record_of(folder).facts("ecog").height == 1
    other = sent(folder, where, key=key, **{**cells, "fact.score": "2"})
    assert not other.written and "sent already" in str(other.elsewhere[0])


def test_a_draft_is_shown_until_it_is_written_and_never_after(folder):
    where = Where("ecog", "W-01")
    opened = open_form(folder, where)
    values = {"key": opened.key, "seen": str(opened.seen), "fact.on": "2026-06-03", "fact.score": "1"}
    keep_draft(folder, where.name, values)
    shown = open_form(folder, where)
    assert shown.draft is not None and shown.key == opened.key
    assert shown.sheet.parts[0].asks("score").value == "1"
    assert send_form(folder, where, values).written
    keep_draft(folder, where.name, values)  # what the browser had on its way
    assert open_form(folder, where).draft is None


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_where_the_server_dies_the_fact_is_there_once_or_the_draft_is(folder, monkeypatch, breaks):
    where = Where("ecog", "W-01")
    cells = {"key": open_form(folder, where).key, "fact.on": "2026-06-03", "fact.score": "1"}
    write = TrialFolder.write

    def dies(trial, *args, **kwargs):
        if breaks == "after":
            write(trial, *args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(TrialFolder, "write", dies)
        send_form(folder, where, cells)
    there = "ecog" in record_of(folder).frames
    assert there == (breaks == "after") and (open_form(folder, where).draft is None) == there
    assert send_form(folder, where, cells).written
    assert record_of(folder).facts("ecog").height == 1


def test_what_is_refused_stays_as_a_draft(folder):
    where = Where("visit", "W-01", {"visit": "unscheduled"})
    cells = {"visit.on": "2026-06-03", "visit.visit": "unscheduled", "visit.status": "done"}
    done = sent(folder, where, **cells, **{"lab-HGB.value": "12,8", "lab-PLAT.value": "200"})
    assert [error.fault for error in done.faults_of("lab-HGB.value")] == ["is no number"]
    assert open_form(folder, where).sheet.parts[1].asks("value").value == "12,8"
    assert "lab" not in record_of(folder).frames


def test_a_value_far_from_the_last_asks_why_and_the_reason_is_kept(folder):
    where = Where("visit", "W-01", {"visit": "unscheduled"})
    head = {"visit.visit": "unscheduled", "visit.status": "done"}
    sent(
        folder,
        where,
        **head,
        **{"visit.on": "2026-06-03", "lab-PLAT.value": "200", "lab-PLAT.unit": "10^9/L"},
    )
    again = {**head, "visit.on": "2026-06-10", "lab-PLAT.value": "20", "lab-PLAT.unit": "10^9/L"}
    asked = sent(folder, where, **again)
    assert not asked.written and asked.doubts[0][0] == "lab-PLAT.value"
    assert sent(folder, where, **again, reason="bled").written
    assert "bled" in record_of(folder).facts("data_note")["text"][0]


def test_only_checking_writes_nothing(folder):
    done = sent(folder, Where("ecog", "W-01"), write=False, **{"fact.on": "2026-06-03", "fact.score": "1"})
    assert done.checked == 1 and not done.written and "ecog" not in record_of(folder).frames


@pytest.mark.parametrize("key", ["", "x", "../../etc/passwd", "0" * 17])
def test_a_form_that_was_not_opened_here_is_refused(folder, key):
    with pytest.raises(InputError, match="was not opened here"):
        sent(folder, Where("ecog", "W-01"), key=key, **{"fact.on": "2026-06-03", "fact.score": "1"})


@pytest.mark.parametrize(
    "where", [Where("ecog", "nobody"), Where("signature", "W-01"), Where("visit", "W-01", {"visit": "x"})]
)
def test_a_form_that_is_not_there(folder, where):
    with pytest.raises(NotThereError):
        open_form(folder, where)


def test_a_draft_of_hostile_name_stays_in_its_folder(folder):
    keep_draft(folder, "../../x\0/..", {"key": "a"})
    assert [one.parent.name for one in folder.rglob("*.json") if "drafts" in str(one)] == ["drafts"]


# --- corrections


def test_a_correction_shows_before_and_after_and_the_second_of_two_is_told(folder):
    mine, theirs = open_correction(folder, "c"), open_correction(folder, "c")
    cells = {"fact.on": "2026-06-01", "fact.form_version": "2", "reason": "forgotten"}
    shown = send_correction(folder, "c", {"key": mine.key, "stands": mine.fact, **cells}, write=False)
    assert shown.changes == (("form version", "", "2"),) and not shown.written
    done = send_correction(folder, "c", {"key": mine.key, "stands": mine.fact, **cells})
    assert (
        done.written and send_correction(folder, "c", {"key": mine.key, "stands": mine.fact, **cells}).written
    )
    late = send_correction(
        folder, "c", {"key": theirs.key, "stands": theirs.fact, **cells, "fact.form_version": "3"}
    )
    assert not late.written and "meanwhile" in str(late.elsewhere[0])
    assert record_of(folder).facts("consent")["form_version"].to_list() == ["2"]


def test_a_correction_needs_a_reason_and_a_change(folder):
    form = open_correction(folder, "c")
    sent_ = {"key": form.key, "stands": "c", "fact.on": "2026-06-01"}
    done = send_correction(folder, "c", sent_)
    assert done.faults_of("reason") and "changes nothing" in str(done.elsewhere[0])


def test_a_fact_taken_back_leaves_nothing(folder):
    form = open_correction(folder, "c")
    done = send_correction(
        folder, "c", {"key": form.key, "stands": "c", "take_back": "1", "reason": "wrong man"}
    )
    assert done.written and record_of(folder).facts("consent").height == 0
    with pytest.raises(NotThereError):
        open_correction(folder, "c")


def test_a_visit_of_the_plan_asks_for_its_procedures(folder):
    form = open_form(folder, Where("visit", "W-01", {"visit": "screening", "planned": "2026-06-01"}))
    titles = [group.title for group in form.sheet.groups]
    assert {"visit", "haematology", "chemistry", "psa", "ecog", "vitals"} <= set(titles)
    assert all(one.asks("unit").value for one in form.sheet.parts if one.kind == "lab")
    assert date.today() >= date(2026, 6, 1) and set(PANELS) >= {"haematology"}
