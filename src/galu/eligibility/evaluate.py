"""Judge every criterion of a subject at a gate: satisfied, violated or unknown, with the evidence.

Logic is Kleene's, as in CQL 1.5 appendix B; missing data never means "include".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from galu.eligibility import concerns, disease, events, kidney, values
from galu.eligibility.case import Case, Outcome, agree, unknown, within
from galu.eligibility.evidence import Gate, Judgement, SubjectEvidence
from galu.eligibility.plan import AllOf, AtomPlan, CriterionPlan, EligibilityPlan, Expression
from galu.finding import InputError, Rule, Truth, all_of, any_of
from galu.words import checked, checked_fields

Verdict = Literal["satisfied", "violated", "unknown"]


@dataclass(frozen=True, slots=True)
@checked_fields
class AtomVerdict:
    """Truth of one atom; for exclusions TRUE means that the exclusion is present."""

    id: str
    truth: Truth
    reason: str
    facts: tuple[str, ...] = ()
    expires: date | None = None
    judgement: bool = False
    signer: str = ""
    due: bool = True


@dataclass(frozen=True, slots=True)
@checked_fields
class CriterionVerdict:
    """Verdict of one criterion with its atoms.

    `verdict` is over all atoms; `at_gate` leaves out those that are due only at a later gate.
    """

    criterion: str
    polarity: str
    verdict: Verdict
    atoms: tuple[AtomVerdict, ...]
    due: bool
    at_gate: Verdict
    rule: Rule

    @property
    def expires(self) -> date | None:
        """First day on which evidence of a satisfied criterion expires."""
        days = [atom.expires for atom in self.atoms if atom.expires is not None]
        return min(days, default=None)

    def verdict_of(self, atom: AtomVerdict) -> Verdict:
        """What one atom says of the criterion: of an exclusion, TRUE is violated."""
        return _WORDS[atom.truth if self.polarity == "inclusion" else ~atom.truth]

    @property
    def facts(self) -> tuple[str, ...]:
        """Ids of every fact that the atoms rest on."""
        return tuple(sorted({ref for atom in self.atoms for ref in atom.facts}))


def _judgement(_case: Case, _atom: AtomPlan) -> Outcome:
    return unknown("not signed")


RULES: Final[dict[str, Callable[[Case, AtomPlan], Outcome]]] = {
    "judgement": _judgement,
    "threshold": values.threshold,
    "any_limit": values.any_limit,
    "member": values.member,
    "not_member": values.not_member,
    "reflex": values.reflex,
    "syphilis": values.syphilis,
    "bilirubin": values.bilirubin,
    "enzymes": values.enzymes,
    "renal": kidney.renal,
    "age": values.age,
    "consent": events.consent,
    "count": events.count,
    "recent": events.recent,
    "psa_progression": disease.psa_progression,
    "pet_window": disease.pet_window,
    "toxicity": events.toxicity,
    "transfusion": events.transfusion,
    "measurable": disease.measurable,
    "new_lesions": disease.new_lesions,
}


@checked
def evaluate(
    plan: EligibilityPlan,
    evidence: SubjectEvidence,
    gate: Gate | str,
    as_of: date,
    settings: Mapping[str, str] | None = None,
) -> tuple[CriterionVerdict, ...]:
    """Judge every criterion at a gate with what was true on that day.

    Parameters
    ----------
    plan
        The eligibility section of the study file.
    evidence
        Everything known of the subject; later evidence than the gate (and `as_of`) is not read.
    gate
        `screening`, `enrolment` or `dose`.
    as_of
        Today; also the day of a gate that has no day yet.
    settings
        Switches to set otherwise than the plan does.

    Returns
    -------
    tuple of CriterionVerdict
        In the order of the plan.

    Raises
    ------
    InputError
        When a switch or its setting does not exist.
    """
    case = Case(plan, evidence, Gate(gate), as_of, settings_of(plan, settings or {}))
    return tuple(_criterion(case, criterion) for criterion in plan.criteria)


def settings_of(plan: EligibilityPlan, changes: Mapping[str, str]) -> dict[str, str]:
    """Every switch of the plan with its setting, after the changes."""
    options = {switch.name: switch.options for switch in plan.switches}
    for name, value in changes.items():
        if name not in options:
            raise InputError("eligibility", f"no switch {name}", f"use one of {', '.join(sorted(options))}")
        if value not in options[name]:
            allowed = ", ".join(options[name])
            raise InputError(f"eligibility, switch {name}", f"no setting {value}", f"use one of {allowed}")
    return {**plan.settings(), **changes}


def eligible(verdicts: tuple[CriterionVerdict, ...]) -> Truth:
    """Whether every criterion is satisfied as far as it is due at the gate."""
    truths = {word: truth for truth, word in _WORDS.items()}
    return all_of(truths[one.at_gate] for one in verdicts)


def _criterion(case: Case, criterion: CriterionPlan) -> CriterionVerdict:
    adverse = Truth.of(criterion.polarity == "exclusion")
    verdicts = {
        atom.id: _atom(case, atom, adverse) for atom in criterion.atoms if atom.comparison != "any_atom"
    }
    for atom in criterion.atoms:
        if atom.comparison == "any_atom":
            verdicts[atom.id] = _any_atom(case, atom, verdicts)
    ordered = tuple(verdicts[atom.id] for atom in criterion.atoms)
    neutral = Truth.of(criterion.polarity == "inclusion")
    truths = {one.id: one.truth for one in ordered}
    at_gate = {one.id: one.truth if one.due or one.truth is ~neutral else neutral for one in ordered}
    return CriterionVerdict(
        criterion.id,
        criterion.polarity,
        _verdict(criterion, truths),
        ordered,
        due=not ordered or any(one.due for one in ordered),
        at_gate=_verdict(criterion, at_gate),
        rule=Rule("eligibility", case.plan.version.value, criterion.id),
    )


_WORDS: Final[dict[Truth, Verdict]] = {
    Truth.TRUE: "satisfied",
    Truth.FALSE: "violated",
    Truth.UNKNOWN: "unknown",
}


def _verdict(criterion: CriterionPlan, truths: Mapping[str, Truth]) -> Verdict:
    # Words that nobody has taken apart are never met by silence.
    parts = criterion.expression
    truth = Truth.UNKNOWN if parts is None else _truth(parts, truths)
    return _WORDS[truth if criterion.polarity == "inclusion" else ~truth]


def _any_atom(case: Case, atom: AtomPlan, verdicts: Mapping[str, AtomVerdict]) -> AtomVerdict:
    members = [verdicts[member] for member in atom.members]
    truths = [one.truth & _castrate(case, atom, one) for one in members]
    used = [one for one, truth in zip(members, truths, strict=True) if truth is Truth.TRUE] or members
    facts = tuple(sorted({ref for one in used for ref in one.facts}))
    shown = ", ".join(
        f"{one.id} {truth.value}" + ("" if truth is one.truth else " (not castrate then, as far as is known)")
        for one, truth in zip(members, truths, strict=True)
    )
    return AtomVerdict(atom.id, any_of(truths), shown, facts, due=case.gate.order >= atom.due.order)


def _castrate(case: Case, atom: AtomPlan, progression: AtomVerdict) -> Truth:
    """Whether testosterone was castrate when the disease progressed; TRUE where no value says otherwise."""
    if progression.truth is not Truth.TRUE or case.settings.get("progression_castrate") != "when_known":
        return Truth.TRUE
    days = case.days_of(progression.facts)
    measured = [one for one in case.evidence(*atom.items) if one.on and days and one.on <= days[-1]]
    if not measured:
        return Truth.TRUE
    last = [one for one in measured if one.on == measured[-1].on]
    return Truth.of(agree([within(one, atom.limits)[0] for one in last]))


def _truth(expression: Expression, truths: Mapping[str, Truth]) -> Truth:
    if isinstance(expression, str):
        return truths[expression]
    if isinstance(expression, AllOf):
        return all_of(_truth(part, truths) for part in expression.all)
    return any_of(_truth(part, truths) for part in expression.any)


def _atom(case: Case, atom: AtomPlan, adverse: Truth) -> AtomVerdict:
    outcome = RULES[atom.comparison](case, atom)
    if atom.signature != "none":
        verdict = _signed(case, atom, outcome)
    elif outcome.doubt:
        verdict = _doubted(case, atom, outcome)
    else:
        verdict = AtomVerdict(atom.id, outcome.truth, outcome.reason, outcome.facts, outcome.expires)
    if verdict.truth is not adverse:
        verdict = _concerned(case, atom, verdict, adverse)
    words, due = concerns.unread_words(case, atom), case.gate.order >= atom.due.order
    return replace(verdict, reason=verdict.reason + words, due=due) if words or not due else verdict


def _concerned(case: Case, atom: AtomPlan, verdict: AtomVerdict, adverse: Truth) -> AtomVerdict:
    """Unknown while words of the record may speak against it that nobody who knew of them has judged."""
    found = concerns.concerns_of(case, atom)
    if not found:
        return verdict
    facts = tuple(sorted({*verdict.facts, *(one.ref for one in found if one.ref)}))
    asked = tuple(one for one in found if not concerns.answered(case, atom, verdict.truth, one))
    if asked:
        signed = [word for word in case.signed(atom.id) if word.signer]
        before = f", signed before: {_said(signed)}" if signed else ""
        reason = f"{concerns.shown(asked)}: judge it by signing {atom.id}{before}; {verdict.reason}"
        return replace(verdict, truth=Truth.UNKNOWN, reason=reason, facts=facts)
    words = tuple(dict.fromkeys(word for one in found for word in concerns.words_on(case, atom, one)))
    if any(word.truth is not ~adverse for word in words):
        reason = f"conflict: {verdict.reason}, {concerns.shown(found)}, {_said(words)}"
        return replace(verdict, truth=Truth.UNKNOWN, reason=reason, facts=facts)
    return replace(verdict, facts=facts) if words else verdict


def _said(words: Iterable[Judgement]) -> str:
    """Who signed what, when, in which fact."""
    return ", ".join(
        f"{one.truth.value} by {one.signer or 'nobody named'} on {one.on or 'a day not known'} ({one.ref})"
        for one in words
    )


def _one_word(words: tuple[Judgement, ...]) -> Judgement | None:
    """The last signature where all who signed agree; None where nobody named did, or they differ."""
    named = [word for word in words if word.signer]
    return named[-1] if named and len({word.truth for word in words}) == 1 else None


def _contrary(atom: AtomPlan, outcome: Outcome, words: tuple[Judgement, ...]) -> AtomVerdict | None:
    """Words that contradict each other decide nothing: the atom is unknown, and all are named."""
    if outcome.final or not any(word.signer for word in words) or _one_word(words) is not None:
        return None
    facts = tuple(sorted({*outcome.facts, *(word.ref for word in words)} - {""}))
    reason = f"signed otherwise by: {_said(words)}: whoever erred corrects it"
    return AtomVerdict(atom.id, Truth.UNKNOWN, reason, facts, outcome.expires, True)


def _doubted(case: Case, atom: AtomPlan, outcome: Outcome) -> AtomVerdict:
    """Whether words mean what the atom reads, says a person who can have known of them."""
    words = case.signed(atom.id)
    signed = _one_word(words)
    if signed is not None and signed.truth is not Truth.UNKNOWN and case.is_covered(signed, outcome.facts):
        truth, reason = _joined(atom, outcome, signed)
        facts = tuple(sorted({*outcome.facts, signed.ref} - {""}))
        return AtomVerdict(atom.id, truth, reason, facts, outcome.expires, True, signed.signer)
    reason = f"{outcome.reason}: say what it was, or judge it by signing {atom.id}"
    told = _contrary(atom, outcome, words)
    return told or AtomVerdict(atom.id, outcome.truth, reason, outcome.facts, outcome.expires)


def _signed(case: Case, atom: AtomPlan, outcome: Outcome) -> AtomVerdict:
    """Join what the data say with what named persons signed."""
    words = case.signed(atom.id)
    if contrary := _contrary(atom, outcome, words):
        return contrary
    signed = _one_word(words)
    if signed is not None and atom.reason_required and signed.truth is Truth.TRUE and not signed.reason:
        return AtomVerdict(atom.id, Truth.UNKNOWN, "signed without a reason", (signed.ref,), judgement=True)
    if signed is None or signed.truth is Truth.UNKNOWN or outcome.final:
        truth, reason = _unsigned(atom, outcome)
        return AtomVerdict(atom.id, truth, reason, outcome.facts, outcome.expires)
    truth, reason = _joined(atom, outcome, signed)
    facts = tuple(sorted({*outcome.facts, signed.ref} - {""}))
    if outcome.truth is Truth.UNKNOWN and not case.is_covered(signed, outcome.facts):
        truth, reason = (
            Truth.UNKNOWN,
            f"{outcome.reason}; {reason}, before this was told: sign {atom.id} again",
        )
    return AtomVerdict(atom.id, truth, reason, facts, outcome.expires, True, signed.signer)


def _unsigned(atom: AtomPlan, outcome: Outcome) -> tuple[Truth, str]:
    """What the data say while nobody signed; a signature that could still change it leaves it unknown."""
    said = "not signed"
    if outcome.truth is not Truth.UNKNOWN or outcome.reason != said:
        said += f"; data say {outcome.truth.value}: {outcome.reason}"
    if outcome.final:
        return outcome.truth, outcome.reason
    if atom.signature == "required":
        return Truth.UNKNOWN, said
    if atom.signature == "alternative" and outcome.truth is Truth.FALSE:
        return Truth.UNKNOWN, said
    return outcome.truth, outcome.reason


def _joined(atom: AtomPlan, outcome: Outcome, signed: Judgement) -> tuple[Truth, str]:
    """What data and signature say together; two that differ are a conflict, unless either suffices."""
    said = f"signed {signed.truth.value} by {signed.signer}"
    if signed.reason:
        said += f": {signed.reason}"
    if outcome.truth is Truth.UNKNOWN:
        return signed.truth, said
    if outcome.truth is signed.truth:
        return signed.truth, f"{outcome.reason}; {said}"
    if atom.signature == "alternative":
        return outcome.truth | signed.truth, f"{outcome.reason}; {said}"
    return Truth.UNKNOWN, f"conflict: data say {outcome.truth.value} ({outcome.reason}), {said}"
