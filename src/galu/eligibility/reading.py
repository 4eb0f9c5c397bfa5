"""What each comparison does, and which keys of an atom it reads: one table, held against every study file.

A key that the comparison does not read would change nothing, so a file that states one is refused; one that
the comparison cannot do without is asked for. `galu.eligibility.shapes` judges what the keys say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from galu.eligibility.items import ITEMS

if TYPE_CHECKING:
    from galu.eligibility.plan import AtomPlan


class Fault(NamedTuple):
    """What is wrong with one key of an atom, and what to write."""

    key: str
    fault: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a comparison does with which keys.

    `places` are the data items it takes, in order, each as the beginnings of the names that fit; `more` those
    of further ones. `reads` are the keys that it reads besides, `needs` those it cannot do without (`|`: one
    of several), `silent` those it cannot do without unless a person may sign. `limits` is how many it takes.
    """

    does: str
    places: tuple[tuple[str, ...], ...] = ()
    more: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    limits: tuple[int, int] = (0, 0)
    switches: tuple[str, ...] = ()


_MANY: Final = 99
_NUMBERS: Final = tuple(item.key for item in ITEMS if item.value == "number")
_TEXTS: Final = tuple(item.key for item in ITEMS if item.value == "text")
_EVERY: Final = tuple(item.key for item in ITEMS if not item.key.startswith("collected."))
_LISTS: Final = ("therapy.", "event.", "transfusion_or_growth_factor")
_COUNTS: Final = ("lab.anc", "lab.platelets", "lab.wbc", "lab.hemoglobin")
#: Keys of every comparison that judges the latest value: how old it may be, by days or by a window.
_AGE: Final = ("valid_days", "window", "anchor")

READINGS: Final[Mapping[str, Reading]] = MappingProxyType(
    {
        "judgement": Reading("a named person's word alone"),
        "threshold": Reading(
            "the latest value against the limit of the unit it was reported in",
            (_NUMBERS,),
            reads=("limits", *_AGE),
            needs=("limits",),
            limits=(1, _MANY),
            switches=("testosterone_unit",),
        ),
        "any_limit": Reading(
            "true when the latest value of any item is within its limit, false when none is",
            (_NUMBERS,),
            _NUMBERS,
            reads=("limits", *_AGE),
            needs=("limits",),
            limits=(1, _MANY),
        ),
        "member": Reading(
            "whether the latest value is one of `values`; with `exempt` only those are surely not",
            (_EVERY,),
            reads=("values", "exempt", *_AGE),
            needs=("values",),
        ),
        "not_member": Reading(
            "whether the latest text names none of `values`, and something of `exempt`",
            (_TEXTS,),
            reads=("values", "exempt", *_AGE),
            needs=("values", "exempt"),
        ),
        "age": Reading(
            "completed years at the anchor, from `at_least` to `at_most`, both inclusive",
            (("birth_date",),),
            reads=("at_least", "at_most", "anchor"),
            needs=("at_least|at_most",),
        ),
        "consent": Reading(
            "consent signed (on a form of `values`), and before the first procedure of the study",
            (("consent.signed",), ("procedure.first",)),
            reads=("values",),
        ),
        "count": Reading(
            "distinct entries of the list, from `at_least` to `at_most`",
            (_LISTS,),
            _LISTS,
            reads=("at_least", "at_most", "collected"),
            needs=("at_least|at_most",),
            switches=("taxane_limit", "intolerance_scope"),
        ),
        "recent": Reading(
            "true when an entry of the list lies in the window or wash-out before the anchor (ever, with "
            "neither); for what must be over it stands in an exclusion",
            (_LISTS,),
            _LISTS,
            reads=("at_least", "exempt", "window", "half_lives", "anchor", "after_anchor", "collected"),
            silent=("collected",),
            switches=("androgen_deprivation", "prior_psma_radioligand", "palliative_radiotherapy"),
        ),
        "psa_progression": Reading(
            "two consecutive rises of PSA, a week apart, up to the minimum value",
            (("lab.psa",),),
            switches=("psa_minimum", "psa_minimum_applies", "psa_fourth_value"),
        ),
        "pet_window": Reading(
            "a positive PET with a tracer of `values` in the window before the anchor; with `exempt`, with "
            "any other tracer of PSMA",
            (("pet.",),),
            reads=("values", "exempt", "window", "anchor"),
            needs=("values", "window"),
            switches=("pet_same_day",),
        ),
        "bilirubin": Reading(
            "bilirubin within its limit, or Gilbert's syndrome",
            (("lab.bilirubin_total",), ("gilbert",)),
            reads=("limits", "collected", *_AGE),
            needs=("limits",),
            limits=(1, _MANY),
            switches=("gilbert_cap",),
        ),
        "enzymes": Reading(
            "ALT and AST within the limit; of two limits the second holds with liver metastases",
            (("lab.alt", "lab.ast"),),
            ("lab.alt", "lab.ast"),
            reads=("limits", *_AGE),
            needs=("limits",),
            limits=(1, 2),
            switches=("enzymes",),
        ),
        "renal": Reading(
            "one limit is met: of creatinine (ULN), MDRD (mL/min/1.73m2) or Cockcroft-Gault (mL/min)",
            (("lab.creatinine",),),
            reads=("limits", *_AGE),
            needs=("limits",),
            limits=(1, 3),
            switches=("mdrd", "mdrd_race"),
        ),
        "toxicity": Reading(
            "no ongoing toxicity of prior therapy above `at_most` (1 if not stated), but for `exempt`",
            (("toxicity.ongoing",),),
            reads=("at_most", "exempt", "values", "collected"),
            silent=("collected",),
            switches=("toxicity_overlap",),
        ),
        "transfusion": Reading(
            "nothing given in the window before each blood count; without counts, before the anchor",
            (("transfusion_or_growth_factor",),),
            _COUNTS,
            reads=("window", "anchor", "collected"),
            needs=("window",),
            silent=("collected",),
            switches=("transfusion_anchor", "transfusion_scope"),
        ),
        "measurable": Reading(
            "one lesion, or number of bone lesions, of the window that reaches its limit",
            (("lesion.",),),
            ("lesion.",),
            reads=("limits", "exempt", "window", "anchor", "collected"),
            needs=("limits", "window"),
            limits=(1, 3),
        ),
        "reflex": Reading(
            "the first test positive and the second positive, or beyond its limit",
            (("serology.",), ("serology.", "lab.hbv_dna")),
            reads=("limits", *_AGE),
            limits=(0, _MANY),
        ),
        "syphilis": Reading(
            "active syphilis: the first test positive; excluded by a negative second one",
            (("serology.syphilis_nontreponemal",), ("serology.syphilis_treponemal",)),
            reads=_AGE,
        ),
        "new_lesions": Reading(
            "the latest number of new bone lesions against the limit, without what `exempt` found",
            (("progression.bone_new_lesions",),),
            reads=("limits", "exempt"),
            needs=("limits",),
            limits=(1, 1),
        ),
        "any_atom": Reading(
            "one of `members` is true; by a switch only where the last value before met `limits`",
            (),
            _NUMBERS,
            reads=("members", "limits"),
            needs=("members",),
            limits=(0, _MANY),
            switches=("progression_castrate",),
        ),
    }
)
#: Keys that one comparison or another reads; the rest every atom has.
KEYS: Final = (
    "limits", "values", "exempt", "at_least", "at_most", "anchor", "window", "half_lives", "after_anchor",
    "valid_days", "collected", "members",
)  # fmt: skip
#: Switches of every comparison that reads the key.
_SWITCH_OF_KEY: Final = {"anchor": "screening_day", "window": "months"}
#: Ambiguities that a rule knows, each with its readings.
SWITCHES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "screening_day": ("consent", "first_visit"),
        "toxicity_overlap": ("labs_exempt", "all_toxicities"),
        "androgen_deprivation": ("exempt", "literal"),
        "testosterone_unit": ("as_reported", "ng_dl", "nmol_l"),
        "psa_minimum": ("pcwg2", "pcwg3"),
        "psa_minimum_applies": ("last", "first", "all"),
        "psa_fourth_value": ("not_allowed", "allowed"),
        "progression_castrate": ("when_known", "not_required"),
        "months": ("calendar", "days"),
        "pet_same_day": ("allowed", "not_allowed"),
        "transfusion_anchor": ("lab_draw", "screening"),
        "transfusion_scope": ("all_counts", "hemoglobin"),
        "enzymes": ("both", "either"),
        "mdrd": ("idms175", "original186", "chinese"),
        "mdrd_race": ("not_used", "used"),
        "gilbert_cap": ("none", "three_uln"),
        "taxane_limit": ("one_or_two", "at_least_one"),
        "intolerance_scope": ("taxane_only", "both"),
        "prior_psma_radioligand": ("ever", "six_months"),
        "palliative_radiotherapy": ("counted", "not_counted"),
    }
)
#: Keys that are read only beside another, or by a switch: what has to be there too.
_BESIDE: Final[Mapping[tuple[str, str], tuple[str, str]]] = MappingProxyType(
    {
        ("toxicity", "values"): ("toxicity_overlap", "name the switch toxicity_overlap, or write exempt"),
        ("any_atom", "items"): ("progression_castrate", "name the switch progression_castrate"),
        ("any_atom", "limits"): ("progression_castrate", "name the switch progression_castrate"),
    }
)


def switches_of(comparison: str) -> tuple[str, ...]:
    """Ambiguities that a comparison reads."""
    reading = READINGS[comparison]
    return (*reading.switches, *(_SWITCH_OF_KEY[key] for key in _SWITCH_OF_KEY if key in reading.reads))


def faults_of_keys(atom: AtomPlan) -> Iterator[Fault]:
    """Keys that the comparison of an atom does not read, and those that it lacks."""
    reading, of = READINGS[atom.comparison], f"{atom.id}: the comparison {atom.comparison}"
    for key in KEYS:
        if key not in reading.reads and getattr(atom, key) != type(atom).model_fields[key].default:
            yield Fault(key, f"{of} does not read `{key}`", f"remove it{_instead(reading, key)}")
    for needed in (*reading.needs, *(reading.silent if atom.signature == "none" else ())):
        if all(getattr(atom, key) in ((), None) for key in needed.split("|")):
            shown = " or ".join(f"`{key}`" for key in needed.split("|"))
            yield Fault("comparison", f"{of} needs {shown}", "add it")
    known = switches_of(atom.comparison)
    for name in atom.switches:
        if name not in known:
            yield Fault("switches", f"{of} does not read the switch {name}", "remove it")
    yield from _beside(atom, of)


def _instead(reading: Reading, key: str) -> str:
    """What reads nearly the same, where the comparison has it."""
    if key == "window" and "valid_days" in reading.reads:
        return ", or write valid_days"
    if key == "valid_days" and "window" in reading.reads:
        return ", or write window"
    return ""


def _beside(atom: AtomPlan, of: str) -> Iterator[Fault]:
    for (comparison, key), (switch, remedy) in _BESIDE.items():
        if comparison == atom.comparison and getattr(atom, key) and switch not in atom.switches:
            yield Fault(key, f"{of} reads `{key}` by the switch {switch} only", f"remove it, or {remedy}")
    if atom.comparison == "any_atom" and bool(atom.items) != bool(atom.limits):
        key = "items" if atom.limits else "limits"
        yield Fault(key, f"{of} reads `items` and `limits` together", f"add {key}, or remove the other")
    if atom.comparison == "any_atom" and (atom.signature != "none" or atom.concerns):
        key = "concerns" if atom.concerns else "signature"
        yield Fault(key, f"{of} does not read `{key}`", "write it at the members")
    if atom.reason_required and atom.signature == "none":
        yield Fault("reason_required", f"{atom.id} is not signed, so no reason is read", "remove it")
    if atom.anchor != "gate" and "anchor" in READINGS[atom.comparison].reads:
        yield from _anchored(atom, of)


def _anchored(atom: AtomPlan, of: str) -> Iterator[Fault]:
    """The anchor where nothing is counted from it."""
    if "valid_days" in READINGS[atom.comparison].reads and atom.window is None:
        yield Fault("anchor", f"{of} reads `anchor` beside `window` only", "remove it, or write window")
    counts = atom.comparison == "transfusion" and len(atom.items) > 1
    if counts and "transfusion_anchor" not in atom.switches:
        remedy = "remove it, the counts, or name the switch transfusion_anchor"
        yield Fault("anchor", f"{of} counts from the blood counts, not from `anchor`", remedy)
