"""Signing through an account: fresh proof, own name, a meaning, what was shown; who sees and writes."""

from datetime import date, timedelta

import pytest

from galu.access import Grant, Sight
from galu.desk.data_management import Scope, mark_data, raise_query, step_query
from galu.desk.decide import Statement, decide
from galu.desk.folder import create_trial, open_trial
from galu.desk.identity import acting_as, acts
from galu.desk.login import Shown, identity_of, log_in, prove
from galu.desk.places import name_accounts
from galu.desk.record import export_record, import_csv
from galu.desk.seen import visible
from galu.desk.sign import Saying, ToSign, shown_to_sign, sign, trial_signatures
from galu.finding import InputError, OvertakenError
from galu.record.conduct import Element, Judgement, Retraction, Signature, Visit
from galu.record.people import Consent, Demographics, Lab
from people import PASSWORD, add_account, code_of
from support import ROOT

ILSE = ("ilse.vermeulen", "Dr Ilse Vermeulen")


class Trial:
    """A trial with accounts, and whoever is at work in it."""

    def __init__(self, folder, accounts, clock):
        self.folder, self.accounts, self.clock = folder, accounts, clock
        made = create_trial(ROOT / "studies" / "nct07310355", folder, "observed", clock=clock)
        made.store.append(
            [
                Consent(id="c1", subject="S-01", on="2026-06-01"),
                Demographics(id="p1", subject="S-01", on="2026-06-01", site="Wuhan", birth_date="1950-02-03"),
                Visit(id="v1", subject="S-01", on="2026-06-02", visit="C1D1"),
                Lab(id="l1", subject="S-01", on="2026-06-02", test="PLAT", value=150.0, unit="10^9/L"),
                Demographics(
                    id="p2", subject="S-02", on="2026-06-01", site="Chengdu", birth_date="1955-02-03"
                ),
                Consent(id="c3", subject="S-03", on="2026-06-01"),
            ]
        )
        self.id = made.id
        name_accounts(folder, accounts.place)

    def join(self, login, name, role, *sites):
        seed = add_account(self.accounts, login, name, role, sites or None, self.id)
        return Person(self, login, seed)


class Person:
    def __init__(self, trial, login, seed):
        self.trial, self.login, self.seed = trial, login, seed
        self.secret = log_in(trial.accounts, self.shown())

    def shown(self):
        self.trial.clock.pass_(seconds=30)  # a code serves once
        return Shown(self.login, PASSWORD, code_of(self.seed, self.trial.clock))

    @property
    def who(self):
        return identity_of(self.trial.accounts, self.secret)

    def does(self, use_case, *words, **named):
        with acting_as(lambda _: self.who):
            return use_case(self.trial.folder, *words, clock=self.trial.clock, **named)

    def prove(self):
        return prove(self.trial.accounts, self.who, self.shown())

    def signs(self, wanted, meaning="Approved", proof=None, digest=None):
        shown = self.does(shown_to_sign, wanted)
        return self.does(sign, wanted, Saying(meaning, digest or shown.digest), proof=proof or self.prove())


@pytest.fixture
def trial(tmp_path, accounts, clock):
    return Trial(tmp_path / "trial", accounts, clock)


@pytest.fixture
def ilse(trial):
    return trial.join(*ILSE, "investigator", "Wuhan")


VISIT = ToSign("S-01", "C1D1")


def test_a_signature_says_who_when_what_it_means_and_what_was_shown(trial, ilse):
    shown = ilse.does(shown_to_sign, VISIT)
    made = ilse.signs(VISIT)
    assert (made.signer, made.by, made.account) == (ILSE[1], ILSE[1], ILSE[0])
    assert (made.meaning, made.means, made.subject, made.visit) == (
        "Approved",
        "password+totp",
        "S-01",
        "C1D1",
    )
    assert made.rests_on == ("v1", "l1") and made.digest == shown.digest
    assert "l1" in shown.text and '"value":150.0' in shown.text
    (standing,) = ilse.does(trial_signatures)
    assert standing.stands and standing.recorded.utcoffset() == timedelta()
    assert standing.fact == made


def test_a_later_change_breaks_it_and_is_named(trial, ilse, tmp_path):
    ilse.signs(VISIT)
    path = tmp_path / "lab.csv"
    path.write_text(
        "id,subject,on,test,value,unit,supersedes,reason\nl2,S-01,2026-06-02,PLAT,15,10^9/L,l1,typo\n"
    )
    ilse.does(import_csv, path)
    (standing,) = ilse.does(trial_signatures)
    assert [str(one) for one in standing.changes] == ["l1 corrected by l2"]


def test_a_proof_is_needed_fresh_and_once(trial, ilse, clock):
    for proof in (None, "", "0" * 64, ilse.secret):
        with pytest.raises(InputError, match="has not shown himself"):
            ilse.does(sign, VISIT, Saying("Approved", ilse.does(shown_to_sign, VISIT).digest), proof=proof)
    once = ilse.prove()
    ilse.signs(VISIT, proof=once)
    with pytest.raises(InputError, match="has not shown himself"):
        ilse.signs(VISIT, proof=once)
    old = ilse.prove()
    clock.pass_(minutes=4)
    with pytest.raises(InputError, match="has not shown himself"):
        ilse.signs(VISIT, proof=old)
    bo = trial.join("bo.lind", "Bo Lind", "investigator", "Wuhan")
    with pytest.raises(InputError, match="has not shown himself"):
        ilse.signs(VISIT, proof=bo.prove())
    assert len(ilse.does(trial_signatures)) == 1


def test_what_is_signed_is_what_was_read(trial, ilse):
    read = ilse.does(shown_to_sign, VISIT).digest
    trial_folder = trial.folder
    with acting_as(lambda _: ilse.who):
        _write(
            trial_folder, trial.clock, Lab(id="l9", subject="S-01", on="2026-06-02", test="HGB", value=9.0)
        )
    with pytest.raises(OvertakenError, match="is not what was shown any more"):
        ilse.signs(VISIT, digest=read)


@acts("enter")
def _write(folder, clock, *facts):
    return open_trial(folder, clock).write(facts)


@pytest.mark.parametrize("meaning", ["", "approved", "I agree", "LGTM"])
def test_a_meaning_is_one_of_the_list(trial, ilse, meaning):
    with pytest.raises(InputError, match="is no meaning"):
        ilse.signs(VISIT, meaning)


@pytest.mark.parametrize(
    "wanted",
    [ToSign(), ToSign("S-01", facts=("l1",)), ToSign(visit="C1D1"), ToSign("S-01", "C9"), ToSign("S-99")],
)
def test_what_cannot_be_signed(trial, ilse, wanted):
    with pytest.raises(InputError):
        ilse.signs(wanted, digest="0" * 64)


@pytest.mark.parametrize("role", ["coordinator", "monitor", "auditor", "administrator"])
def test_who_may_not_sign(trial, role):
    person = trial.join("a.b", "Anna Berg", role)
    with pytest.raises(InputError, match="is for"):
        person.signs(VISIT)


def test_another_site_is_not_signed(trial, ilse):
    for wanted in (ToSign("S-02"), ToSign(facts=("p2",)), ToSign("S-03")):
        with pytest.raises(InputError, match="is not in the record"):
            ilse.signs(wanted)


def test_a_signature_is_never_brought_in(trial, ilse, tmp_path):
    path = tmp_path / "signature.csv"
    path.write_text(f"id,on,signs,digest,meaning,signer\ns9,2026-06-02,l1,{'0' * 64},Approved,{ILSE[1]}\n")
    with pytest.raises(InputError, match="is made by signing"):
        ilse.does(import_csv, path)


def test_a_decision_is_signed_by_the_account_under_its_own_name(trial, ilse):
    said = Statement("suspend", None, "Safety committee", ILSE[1])
    with pytest.raises(InputError, match="has not shown himself"):
        ilse.does(decide, said)
    made, board, _ = ilse.does(decide, said, proof=ilse.prove())
    assert made.account == ILSE[0] and board.decisions[0].signed
    with pytest.raises(InputError, match="names 'Dr Other'"):
        ilse.does(decide, Statement("resume", None, "Committee", "Dr Other"), proof=ilse.prove())
    (standing,) = ilse.does(trial_signatures)
    assert standing.stands and standing.fact.signs == made.id


def test_a_judgement_is_of_the_account_that_writes_it(trial, ilse):
    judged = {"subject": "S-01", "on": "2026-06-03", "item": "dlt", "value": "no"}
    with acting_as(lambda _: ilse.who):
        (entry,) = _write(trial.folder, trial.clock, Judgement(id="j1", **judged))
        assert (entry.fact.by, entry.fact.account) == (ILSE[1], ILSE[0])
        with pytest.raises(InputError, match="names 'Dr Other'"):
            _write(trial.folder, trial.clock, Judgement(id="j2", by="Dr Other", **judged))
    cora = trial.join("cora.li", "Cora Li", "coordinator", "Wuhan")
    with acting_as(lambda _: cora.who), pytest.raises(InputError, match="'judge' is for"):
        _write(trial.folder, trial.clock, Judgement(id="j3", **judged))


def test_taking_back_is_for_who_could_have_written_it_and_at_its_site(trial, ilse):
    judged = Judgement(id="j1", subject="S-01", on="2026-06-03", item="dlt", value="no")
    with acting_as(lambda _: ilse.who):
        _write(trial.folder, trial.clock, judged)
    gone = {"on": "2026-06-04", "reason": "not asked"}
    cora = trial.join("cora.li", "Cora Li", "coordinator", "Wuhan")
    with acting_as(lambda _: cora.who):
        with pytest.raises(InputError, match="'judge' is for"):
            _write(trial.folder, trial.clock, Retraction(id="r1", supersedes="j1", **gone))
        for target in ("p2", "c3"):  # of another site, and of none that is known
            with pytest.raises(InputError, match="is not granted"):
                _write(trial.folder, trial.clock, Retraction(id="r2", supersedes=target, **gone))
        with pytest.raises(InputError, match="is not granted"):
            _write(trial.folder, trial.clock, Element(id="e1", on="2026-06-04", name="x", value="y"))
        (entry,) = _write(trial.folder, trial.clock, Retraction(id="r3", supersedes="l1", **gone))
    assert entry.fact.account == "cora.li"


def test_what_is_seen_of_persons_and_sites(trial, ilse, tmp_path):
    with acting_as(lambda _: ilse.who):
        record = _record(trial.folder, trial.clock)
    own = visible(record, Sight(frozenset({"Wuhan"}), frozenset({"Wuhan"})))
    assert own.names == {"S-01"} and own.facts("demographics")["birth_date"].to_list() == ["1950-02-03"]
    blind = visible(record, Sight(None, frozenset()))
    assert blind.names == {"S-01", "S-02", "S-03"}
    assert blind.facts("demographics")["birth_date"].null_count() == 2
    assert visible(record, Sight(frozenset(), frozenset())).names == frozenset()
    stat = trial.join("s.tat", "Stella Tat", "statistician")
    with acting_as(lambda _: stat.who):
        export_record(trial.folder, tmp_path / "out")
    told = (tmp_path / "out" / "demographics.csv").read_text()
    assert "Wuhan" in told and "1950" not in told and "1955" not in told


@acts("read")
def _record(folder, clock):
    return open_trial(folder, clock).record


def test_a_use_case_that_declares_nothing_opens_no_trial_with_accounts(trial, ilse):
    with acting_as(lambda _: ilse.who), pytest.raises(LookupError, match="must declare its action"):
        open_trial(trial.folder, trial.clock)
    with pytest.raises(InputError, match="nobody has said who acts"):
        _record(trial.folder, trial.clock)


def test_a_grant_of_another_trial_opens_none(trial, accounts):
    seed = add_account(accounts, "far.away", "Fara Way", "investigator", None, "f" * 16)
    person = Person(trial, "far.away", seed)
    with pytest.raises(InputError, match="is for"):
        person.signs(VISIT)
    accounts.grant("far.away", trial.id, Grant("auditor", None, date(2026, 1, 1)), "console")
    assert person.does(trial_signatures) == ()


def test_the_account_is_part_of_what_is_sealed_and_older_facts_stay_as_they_were(trial, ilse):
    from galu.record import canonical

    plain = Lab(id="l9", subject="S-01", on="2026-06-02", test="HGB", value=9.0)
    assert "account" not in canonical(plain)
    assert '"account":"ilse"' in canonical(plain.model_copy(update={"account": "ilse"}))
    with pytest.raises(ValueError, match="needs the id of what it signs"):
        Signature(id="s", on="2026-06-02", digest="0" * 64, meaning="Approved", signer="X")


def test_each_step_of_a_query_and_mark_is_for_its_own_role(trial):
    mona = trial.join("mo.nitor", "Mona Itor", "monitor", "Wuhan")
    cora = trial.join("cora.li", "Cora Li", "coordinator", "Wuhan")
    query = mona.does(raise_query, Scope(about="l1"), "150 or 15?", "Mona Itor")
    with pytest.raises(InputError, match="'answer' is for"):
        mona.does(step_query, query, "answered", "Mona Itor", "x")
    cora.does(step_query, query, "answered", "Cora Li", "150")
    with pytest.raises(InputError, match="'close' is for"):
        cora.does(step_query, query, "closed", "Cora Li")
    mona.does(step_query, query, "closed", "Mona Itor")
    with pytest.raises(InputError, match="'lock' is for"):
        mona.does(mark_data, "locked", Scope(about="l1"), "Mona Itor")
    far = trial.join("far.off", "Fara Off", "monitor", "Chengdu")
    with pytest.raises(InputError, match="is not in the record"):
        far.does(mark_data, "reviewed", Scope(about="l1"), "Fara Off")
