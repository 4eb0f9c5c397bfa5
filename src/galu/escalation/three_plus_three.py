"""The 3+3 design in its three usual variants, always named (Storer, Biometrics 1989;45:925).

Cohorts of three: the next cohort waits until the last is known. A second DLT closes the level at
once, also inside a cohort.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from galu.escalation.climb import Above, Row, check_order, climb, first_row
from galu.escalation.conventions import check_counts
from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcome, Outcomes, Tally
from galu.escalation.rolling_six import TableRow
from galu.finding import InputError
from galu.words import checked_fields

Variant = Literal["six_at_mtd_deescalate", "deescalate_top_3_of_3_ok", "escalate_only"]
VARIANTS: tuple[Variant, ...] = ("six_at_mtd_deescalate", "deescalate_top_3_of_3_ok", "escalate_only")

_SOURCE = "Storer 1989, design D and common practice"


def _three_clean(t: Tally) -> bool:
    return t.enrolled == 3 and t.dlts == 0 and t.pending == 0


def _six_known(t: Tally) -> bool:
    return t.enrolled == 6 and t.pending == 0 and t.dlts <= 1


def _safe(t: Tally) -> bool:
    return _three_clean(t) or _six_known(t)


def _waiting(t: Tally) -> bool:
    """A cohort is full and not yet known, or a patient was added before the first three were known."""
    return t.pending > 0 and (t.enrolled in (3, 6) or 3 < t.enrolled < t.pending + 3)


def _always(t: Tally) -> bool:
    return True


#: variant: (declares under a closed level, declares at the top level)
_ENDS: dict[Variant, tuple[Callable[[Tally], bool], Callable[[Tally], bool]]] = {
    "six_at_mtd_deescalate": (_six_known, _six_known),
    "deescalate_top_3_of_3_ok": (_six_known, _safe),
    "escalate_only": (_safe, _safe),
}


@dataclass(frozen=True, slots=True)
@checked_fields
class ThreePlusThree:
    """3+3; `variant` says how many patients the declared level needs.

    Parameters
    ----------
    variant
        `six_at_mtd_deescalate`: six at the declared level. `deescalate_top_3_of_3_ok`: the same, but
        0 of 3 is enough at the top. `escalate_only`: the level below a closed one is declared as is.
    start
        Level of the first patient; levels below it are for de-escalation ("level −1").
    """

    name: ClassVar[str] = "3+3"
    variant: Variant = "six_at_mtd_deescalate"
    start: int = 1

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise InputError("variant", f"`{self.variant}` is not known", f"use one of {', '.join(VARIANTS)}")
        check_counts("3+3", start=self.start)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The ordered decision table of this variant."""
        below, top = _ENDS[self.variant]
        return (
            Row("two-dlts", lambda t: t.dlts >= 2, Action.DE_ESCALATE, "two DLTs close the level", _SOURCE),
            Row("safe", _safe, Action.ESCALATE, "the cohort is safe enough", _SOURCE, (Above.OPEN,)),
            Row(
                "mtd",
                below,
                Action.DECLARE_MTD,
                "at most one DLT under a closed level",
                _SOURCE,
                (Above.CLOSED,),
            ),
            Row(
                "top", top, Action.DECLARE_HIGHEST, "at most one DLT at the top level", _SOURCE, (Above.NONE,)
            ),
            Row("cohort-waiting", _waiting, Action.SUSPEND, "the cohort is not yet known", _SOURCE),
            Row("cohort-open", _always, Action.SAME, "the cohort has a free slot", _SOURCE),
        )

    def table(self, above_closed: bool = False) -> tuple[TableRow, ...]:
        """All states of at most six patients that the design can decide on."""
        above = Above.CLOSED if above_closed else Above.OPEN
        rows = self.rows
        every = (Tally(n, y, c) for n in range(7) for y in range(n + 1) for c in range(n - y, -1, -1))
        answers = ((tally, first_row(rows, tally, above)) for tally in every)
        return tuple(TableRow(tally, row.action, row.id, row.meaning) for tally, row in answers)

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Decide on the next patient.

        Raises
        ------
        InputError
            When the outcomes break the design's own order.
        """
        check_order(outcomes, levels, 6, start=self.start)
        rows = self.rows

        def judge(level: int, above: Above) -> Row:
            return first_row(rows, outcomes.tally(level), above)

        return climb(judge, outcomes, levels, self.start)

    def check_cohorts(self, outcomes: Outcomes, levels: int) -> None:
        """Refuse a fourth patient where three of three had no DLT and the design goes on or ends.

        A running trial is not held to this: an outcome may have been judged anew since.

        Raises
        ------
        InputError
            Naming the patient.
        """
        to_six_at_top = self.variant == "six_at_mtd_deescalate"
        known: dict[int, list[Outcome]] = {}
        for number, patient in enumerate(outcomes, start=1):
            if patient.outcome is Outcome.INEVALUABLE:
                continue
            own = known.setdefault(patient.level, [])
            open_above = max(known) == patient.level and not (patient.level == levels and to_six_at_top)
            if open_above and own == [Outcome.NONE] * 3:
                fault = f"patient {number} is at level {patient.level} after three of three without a DLT"
                raise InputError("outcomes", fault, "3+3 escalates there, or declares the level at the top")
            own.append(patient.outcome)

    @property
    def switches(self) -> dict[str, object]:
        """The named conventions and their values."""
        return {"variant": self.variant} | ({} if self.start == 1 else {"start": self.start})
