"""A signature stands while all that was shown is as it was, and names what changed since."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galu.finding import InputError
from galu.record import Entry, fact_digest, record_of
from galu.record.conduct import Decision, Retraction, Signature, Visit
from galu.record.people import Lab
from galu.trial.signatures import Scope, derive_signatures, scope_of_visit, show, up_to

START = datetime(2026, 3, 1, tzinfo=UTC)
VISIT = Scope("A", "C1", "2026-02-02", "2026-02-03")


class Written:
    """A record that grows, and the signatures in it."""

    def __init__(self):
        self.facts = []

    def write(self, fact):
        self.facts.append(fact)

    def record(self, seq=None):
        stamped = [Entry(n, START + timedelta(minutes=n), fact) for n, fact in enumerate(self.facts, 1)]
        return record_of(stamped[:seq])

    def lab(self, subject="A", on="2026-02-02", value=1.0, corrects=None):
        name = f"f{len(self.facts) + 1}"
        reason = "typed wrongly" if corrects else None
        self.write(Lab(id=name, subject=subject, on=on, test="PLAT", value=value, unit="10^9/L",
                       supersedes=corrects, reason=reason))  # fmt: skip
        return name

    def take_back(self, fact):
        name = f"f{len(self.facts) + 1}"
        self.write(Retraction(id=name, on="2026-03-01", supersedes=fact, reason="not of this subject"))
        return name

    def sign(self, scope):
        shown = show(self.record(), scope)
        self.write(
            Signature(
                id=f"s{len(self.facts) + 1}", subject=scope.subject, on="2026-03-01", signer="Dr A",
                digest=shown.digest, meaning="Approved", rests_on=shown.facts, visit=scope.visit,
                first_day=scope.first, last_day=scope.last, shown_to=shown.seq, account="a",
            )
        )  # fmt: skip
        return shown

    def changes(self):
        (standing,) = derive_signatures(self.record())
        return [str(change) for change in standing.changes]


@pytest.fixture
def signed():
    found = Written()
    found.write(Visit(id="v1", subject="A", on="2026-02-02", ended="2026-02-03", visit="C1"))
    found.lab()
    found.lab(on="2026-02-10")
    found.lab("B")
    found.sign(VISIT)
    return found


def test_it_stands_over_what_was_shown(signed):
    assert signed.changes() == []
    assert scope_of_visit(signed.record(), "A", "C1") == VISIT
    assert signed.facts[-1].rests_on == ("v1", "f2")


def test_what_changes_it_is_named(signed):
    signed.lab(corrects="f2", value=2.0)
    signed.lab(on="2026-02-03")
    signed.lab(corrects="f3", on="2026-02-02")
    signed.take_back("v1")
    assert sorted(signed.changes()) == [
        "f2 corrected by f6", "f7 added", "f8 added", "v1 taken back by f9",
    ]  # fmt: skip


def test_what_is_apart_leaves_it(signed):
    signed.lab("B")
    signed.lab(on="2026-02-11")
    signed.lab(corrects="f3", on="2026-02-12")
    signed.take_back("f4")
    assert signed.changes() == []


@pytest.mark.parametrize("day", ["2026", "2026-02", "2026-02-03T10:00", "2026-02-02T23:59:59+08:00"])
def test_a_day_that_may_be_of_the_visit_breaks_it(signed, day):
    signed.lab(on=day)
    assert signed.changes() == ["f6 added"]


def test_a_signature_taken_back_stands_no_more(signed):
    signed.take_back("s5")
    assert signed.changes() == ["s5 taken back by f6"]


@pytest.mark.parametrize(
    "change",
    [{"digest": "0" * 64}, {"rests_on": ("v1",)}, {"rests_on": ("v1", "f2", "f3")}, {"shown_to": 1},
     {"last_day": "2026-02-20"}, {"subject": "B"}],
)  # fmt: skip
def test_a_signature_over_something_else_than_was_shown_stands_never(signed, change):
    signed.facts[-1] = signed.facts[-1].model_copy(update=change)
    assert "s5 not what was shown" in signed.changes()


def test_a_decision_signed_breaks_with_what_it_rests_on():
    found = Written()
    fact = found.lab()
    decision = Decision(id="d", on="2026-03-01", by="Committee", decision="suspend", rests_on=(fact,))
    found.write(decision)
    found.write(Signature(id="s", on="2026-03-01", by="Committee", signs="d", digest=fact_digest(decision),
                          meaning="Approved", signer="Dr A"))  # fmt: skip
    assert found.changes() == []
    found.lab("B")
    assert found.changes() == []
    found.lab(corrects=fact, value=9.0)
    assert found.changes() == ["f1 corrected by f5"]


def test_single_facts_can_be_signed_and_what_was_replaced_cannot():
    found = Written()
    first, second = found.lab(), found.lab("B")
    found.sign(Scope(facts=(first, second)))
    found.lab()
    assert found.changes() == []
    later = found.lab("B", corrects=second, value=3.0)
    assert found.changes() == [f"{second} corrected by {later}"]
    for facts in ((second,), ("nothing",)):
        with pytest.raises(InputError, match="is not there, or was replaced"):
            show(found.record(), Scope(facts=facts))
    with pytest.raises(InputError, match="holds no fact"):
        show(found.record(), Scope("C"))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "correct", "take back"]),
        st.sampled_from(["A", "B"]),
        st.sampled_from(["2026-02-01", "2026-02-02", "2026-02-03", "2026-02-04", "2026-02", "2026-03"]),
        st.integers(0, 50),
    ),
    max_size=8,
)


@settings(max_examples=150)
@given(STEPS, STEPS, st.sampled_from([VISIT, Scope("A")]))
def test_it_stands_just_while_what_would_be_shown_is_the_same(before, after, scope):
    """The derivation looks for changes; here what would be shown is compared after each later entry."""
    written = Written()
    written.lab()
    for step in before:
        _do(written, step)
    try:
        shown = written.sign(scope)
    except InputError:  # nothing of it stands
        return
    signed = len(written.facts)
    for step in after:
        _do(written, step)
    lines = shown.text.split("\n")[1:]
    same = all(_lines(written.record(seq), scope) == lines for seq in range(signed, len(written.facts) + 1))
    (standing,) = derive_signatures(written.record())
    assert standing.stands is same
    late = {fact.id for fact in written.facts[signed:]}
    assert all(change.by in late for change in standing.changes)
    assert show(up_to(written.record(), shown.seq), scope).digest == shown.digest


def _lines(record, scope):
    try:
        return show(record, scope).text.split("\n")[1:]
    except InputError:
        return None


def _do(written, step):
    what, subject, on, number = step
    labs = [fact for fact in written.facts if isinstance(fact, Lab)]
    if what == "add":
        written.lab(subject, on, float(number))
        return
    replaced = {fact.supersedes for fact in written.facts}
    standing = [fact for fact in labs if fact.id not in replaced]
    if not standing:
        return
    target = standing[number % len(standing)]
    if what == "correct":
        written.lab(target.subject, on, float(number), corrects=target.id)
    else:
        written.take_back(target.id)
