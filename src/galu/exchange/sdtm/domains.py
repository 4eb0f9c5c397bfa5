"""Which column becomes which field of which kind of fact: SDTMIG 3.4, one table per domain.

What no row of a table takes is kept as an `element` fact. Code lists that interpret (attribution, death,
withdrawal) are assumed unless they cite CDISC controlled terminology.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from galu.exchange.sdtm.takes import (
    Take,
    activity,
    coded,
    date,
    flag,
    joined,
    limit,
    nominal_hours,
    number,
    reported,
    text,
    whole,
)
from galu.quantities import MBQ_PER_ACTIVITY_UNIT

#: CDISC AEREL carries no controlled terms; the usual dichotomy (possible and above is related) is assumed.
ATTRIBUTION: Final[dict[str, str]] = {
    **dict.fromkeys(("Y", "RELATED", "DEFINITE", "DEFINITELY RELATED", "CERTAIN", "PROBABLE"), "related"),
    **dict.fromkeys(("PROBABLY RELATED", "POSSIBLE", "POSSIBLY RELATED"), "related"),
    **dict.fromkeys(("N", "NOT RELATED", "UNRELATED", "NONE", "REMOTE"), "unrelated"),
    **dict.fromkeys(("UNLIKELY", "UNLIKELY RELATED"), "unrelated"),
    **dict.fromkeys(("U", "UNKNOWN", "NOT ASSESSABLE"), "unknown"),
}
#: TUORRES of TUTESTCD TUMIDENT (codelist TUIDRS).
ROLE: Final = {"TARGET": "target", "NON-TARGET": "non-target", "NEW": "new", "NEW LESION": "new"}
#: MHENRTPT, MHENRF (codelist STENRF): does the condition still last at the reference?
ONGOING: Final = {
    "ONGOING": True, "AFTER": True, "DURING/AFTER": True,
    "BEFORE": False, "COINCIDENT": None, "DURING": None, "UNKNOWN": None, "U": None,
}  # fmt: skip
#: DSDECOD that leave the study or its treatment (codelist NCOMPLT, without completion and death).
LEFT: Final = (
    "ADVERSE EVENT", "DISEASE PROGRESSION", "DISEASE RELAPSE", "LACK OF EFFICACY", "LOST TO FOLLOW-UP",
    "NON-COMPLIANCE WITH STUDY DRUG", "OTHER", "PHYSICIAN DECISION", "PREGNANCY", "PROGRESSIVE DISEASE",
    "PROTOCOL DEVIATION", "PROTOCOL VIOLATION", "RECOVERY", "SITE TERMINATED BY SPONSOR",
    "STUDY TERMINATED BY SPONSOR", "TECHNICAL PROBLEMS", "WITHDRAWAL BY PARENT/GUARDIAN",
    "WITHDRAWAL BY SUBJECT",
)  # fmt: skip


@dataclass(frozen=True)
class Home:
    """A kind of fact that a row of a domain becomes, where `when` holds.

    `suffix` tells the fact from others of the same row; `unless_in` names a domain whose fact of this
    kind goes before (a death in DM and in DS is one death).
    """

    kind: str
    takes: Mapping[str, Take]
    when: pl.Expr | None = None
    suffix: str = ""
    unless_in: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """Every column read."""
        tested = self.when.meta.root_names() if self.when is not None else ()
        return frozenset(tested).union(*(take.columns for take in self.takes.values()))


@dataclass(frozen=True)
class Domain:
    """A domain: what identifies a row beside the subject, what names it, when it was collected."""

    key: tuple[str, ...]
    topic: tuple[str, ...]
    dates: tuple[str, ...]
    homes: tuple[Home, ...] = ()
    about_subject: bool = True


def _is(column: str, *values: str) -> pl.Expr:
    return pl.col(column).str.to_uppercase().is_in(values)


def _not_no(column: str) -> pl.Expr:
    """Everything but a pre-specified item that did not occur."""
    return pl.col(column).is_null() | (pl.col(column).str.to_uppercase() != "N")


_EVALUATED = {"method": "METHOD", "evaluator": "EVAL", "reader": "EVALID"}


def _reader(domain: str, *fields: str) -> dict[str, Take]:
    return {name: text(f"{domain}{_EVALUATED[name]}") for name in fields} | {"visit": text("VISIT")}


def _exposure(domain: str) -> Home:
    takes = {
        "on": date(f"{domain}STDTC"),
        "ended": date(f"{domain}ENDTC"),
        "agent": text(f"{domain}TRT"),
        "route": text(f"{domain}ROUTE"),
        **activity(domain, MBQ_PER_ACTIVITY_UNIT),
    }
    return Home("administration", takes, _not_no(f"{domain}OCCUR"))


_DM = Domain(
    key=(),
    topic=(),
    dates=("DMDTC", "RFICDTC", "RFSTDTC"),
    homes=(
        Home(
            "demographics",
            {
                "on": date("DMDTC", "RFICDTC", "RFSTDTC"),
                "sex": coded("SEX", {"M": "M", "F": "F", "U": "U", "UNDIFFERENTIATED": "U", "INTERSEX": "U"}),
                "birth_date": date("BRTHDTC"),
                "age_years": Take(
                    pl.when(pl.col("AGEU").fill_null("YEARS") == "YEARS").then(number("AGE").value),
                    number("AGE").fault,
                    "is no number",
                    pl.col("AGE").is_not_null() & (pl.col("AGEU") != "YEARS"),
                    "is not in years and left unknown",
                ),
                "race": text("RACE"),
                "ethnicity": text("ETHNIC"),
                "country": text("COUNTRY"),
                "site": text("SITEID"),
                "arm": text("ACTARM", "ARM", "ACTARMUD", "ARMNRS"),
            },
        ),
        Home("consent", {"on": date("RFICDTC")}, suffix="consent"),
        Home("death", {"on": date("DTHDTC")}, suffix="death"),
        Home("contact", {"on": date("RFPENDTC")}, pl.col("DTHDTC").is_null(), suffix="contact"),
    ),
)
_AE = Domain(
    key=("AESEQ",),
    topic=("AETERM",),
    dates=("AESTDTC", "AEDTC", "AEENDTC"),
    homes=(
        Home(
            "adverse_event",
            {
                "on": date("AESTDTC"),
                "term": text("AEDECOD", "AETERM"),
                "soc": text("AESOC", "AEBODSYS"),
                "grade": whole("AETOXGR"),
                "severity": text("AESEV"),
                "ended": date("AEENDTC"),
                "attribution": coded("AEREL", ATTRIBUTION),
                "serious": flag("AESER"),
                "action": text("AEACN"),
                "outcome": text("AEOUT"),
                "clinically_meaningful": flag("AECLSIG"),
            },
            _not_no("AEOCCUR"),
        ),
    ),
)
_MH = Domain(
    key=("MHSEQ",),
    topic=("MHTERM",),
    dates=("MHDTC", "MHSTDTC"),
    homes=(
        Home(
            "history",
            {
                "on": date("MHDTC", "MHSTDTC"),
                "term": text("MHDECOD", "MHTERM"),
                "category": text("MHCAT"),
                "started": date("MHSTDTC"),
                "ended": date("MHENDTC"),
                "grade": whole("MHTOXGR"),
                "ongoing": Take(
                    pl.coalesce(*(coded(c, ONGOING, pl.Boolean).value for c in ("MHENRTPT", "MHENRF"))),
                ),
            },
            _not_no("MHOCCUR") & pl.col("MHSTAT").is_null(),
        ),
    ),
)
_CM = Domain(
    key=("CMSEQ",),
    topic=("CMTRT",),
    dates=("CMSTDTC", "CMDTC"),
    homes=(
        Home(
            "therapy",
            {
                "on": date("CMSTDTC", "CMDTC"),
                "agent": Take(
                    pl.coalesce(
                        pl.when(pl.col("CMDECOD").str.to_uppercase() != "UNCODED").then("CMDECOD"), "CMTRT"
                    ),
                ),
                "therapy_class": text("CMCLAS"),
                "ended": date("CMENDTC"),
                "indication": text("CMINDC"),
                "anticancer": Take(
                    pl.when(pl.col("CMCAT").str.to_uppercase().str.contains("CANCER|ANTINEOPLASTIC")).then(
                        True
                    ),
                ),
            },
            _not_no("CMOCCUR"),
        ),
    ),
)
_DS = Domain(
    key=("DSSEQ",),
    topic=("DSDECOD", "DSTERM"),
    dates=("DSSTDTC", "DSDTC"),
    homes=(
        Home(
            "disposition",
            {"on": date("DSSTDTC", "DSDTC"), "term": text("DSDECOD", "DSTERM"), "category": text("DSCAT")},
        ),
        Home(
            "withdrawal",
            {
                "on": date("DSSTDTC", "DSDTC"),
                "scope": Take(
                    pl.when(pl.col("DSSCAT").str.to_uppercase().str.contains("TREATMENT"))
                    .then(pl.lit("treatment"))
                    .otherwise(pl.lit("study")),
                ),
                "cause": text("DSTERM", "DSDECOD"),
            },
            _is("DSDECOD", *LEFT) & _is("DSCAT", "DISPOSITION EVENT"),
            suffix="withdrawal",
        ),
        Home("death", {"on": date("DSSTDTC")}, _is("DSDECOD", "DEATH"), suffix="death", unless_in="DM"),
        Home(
            "consent",
            {"on": date("DSSTDTC")},
            _is("DSDECOD", "INFORMED CONSENT OBTAINED"),
            suffix="consent",
            unless_in="DM",
        ),
    ),
)
_SV = Domain(
    key=("VISITNUM",),
    topic=("VISIT",),
    dates=("SVSTDTC", "SVENDTC"),
    homes=(
        Home(
            "visit",
            {
                "on": date("SVSTDTC"),
                "visit": text("VISIT", "VISITNUM"),
                "status": Take(
                    pl.when(pl.col("SVOCCUR").str.to_uppercase() == "N")
                    .then(pl.lit("missed"))
                    .otherwise(pl.lit("done")),
                ),
                "ended": date("SVENDTC"),
            },
        ),
    ),
)
_VS = Domain(
    key=("VSSEQ",),
    topic=("VSTESTCD",),
    dates=("VSDTC",),
    homes=(
        Home(
            "vital",
            {"on": date("VSDTC"), "test": text("VSTESTCD"), **reported("VS"), "baseline": flag("VSBLFL")},
        ),
    ),
)
#: A set that names no specimen still says which results are of urine.
_URINALYSIS = pl.when(pl.col("LBCAT").str.to_uppercase().str.contains("URIN")).then(pl.lit("URINE"))
_LB = Domain(
    key=("LBSEQ",),
    topic=("LBTESTCD",),
    dates=("LBDTC",),
    homes=(
        Home(
            "lab",
            {
                "on": date("LBDTC"),
                "test": text("LBTESTCD"),
                **reported("LB"),
                "lower_limit": limit("LB", "ORNRLO", "STNRLO"),
                "upper_limit": limit("LB", "ORNRHI", "STNRHI"),
                "specimen": Take(pl.coalesce(pl.col("LBSPEC").str.to_uppercase(), _URINALYSIS)),
                "baseline": flag("LBBLFL"),
            },
        ),
    ),
)
_PC = Domain(
    key=("PCSEQ",),
    topic=("PCTESTCD",),
    dates=("PCDTC",),
    homes=(
        Home(
            "sample",
            {
                "on": date("PCDTC"),
                "matrix": Take(pl.col("PCSPEC").str.to_lowercase()),
                "analyte": text("PCTEST", "PCTESTCD"),
                **reported("PC"),
                "lloq": number("PCLLOQ"),
                "nominal_h": nominal_hours("PCELTM", "PCTPT"),
            },
        ),
    ),
)
_TU = Domain(
    key=("TUSEQ",),
    topic=("TUTESTCD",),
    dates=("TUDTC",),
    homes=(
        Home(
            "lesion",
            {
                "on": date("TUDTC"),
                "lesion": text("TULNKID", "TUREFID"),
                "role": coded("TUORRES", ROLE),
                "site": text("TULOC"),
                "nodal": Take(pl.col("TULOC").str.to_uppercase().str.contains("LYMPH")),
                **_reader("TU", "method", "evaluator", "reader"),
            },
            _is("TUTESTCD", "TUMIDENT"),
        ),
    ),
)
_TR = Domain(
    key=("TRSEQ",),
    topic=("TRTESTCD",),
    dates=("TRDTC",),
    homes=(
        Home(
            "measurement",
            {
                "on": date("TRDTC"),
                "lesion": text("TRLNKID", "TRREFID"),
                "test": text("TRTESTCD"),
                "value": number("TRSTRESN"),
                "unit": text("TRSTRESU"),
                "state": Take(
                    pl.when(pl.col("TRSTRESN").is_null()).then(pl.coalesce("TRSTRESC", "TRORRES", "TRSTAT")),
                ),
                **_reader("TR", "method", "evaluator", "reader"),
            },
        ),
        Home(
            "collected_response",
            {
                "on": date("TRDTC"),
                "test": text("TRTESTCD"),
                "value": joined("TRORRES", "TRORRESU"),
                **_reader("TR", "evaluator", "reader"),
            },
            _is("TRTESTCD", "SUMDIAM", "SUMLDIAM", "SUMNLNLD") & pl.col("TRLNKID").is_null(),
            suffix="sum",
        ),
    ),
)
_RS = Domain(
    key=("RSSEQ",),
    topic=("RSTESTCD",),
    dates=("RSDTC",),
    homes=(
        Home("ecog", {"on": date("RSDTC"), "score": whole("RSORRES")}, _is("RSTESTCD", "ECOG101")),
        Home(
            "collected_response",
            {
                "on": date("RSDTC"),
                "test": text("RSTESTCD"),
                "criterion": text("RSCAT"),
                "value": text("RSORRES", "RSSTRESC", "RSSTAT"),
                **_reader("RS", "evaluator", "reader"),
            },
            ~_is("RSTESTCD", "ECOG101"),
        ),
    ),
)

#: Every domain that galu reads. TS describes the trial: each parameter is kept as an element.
DOMAINS: Final[dict[str, Domain]] = {
    "DM": _DM,
    "EX": Domain(("EXSEQ",), ("EXTRT",), ("EXSTDTC", "EXENDTC"), (_exposure("EX"),)),
    "AG": Domain(("AGSEQ",), ("AGTRT",), ("AGSTDTC", "AGDTC"), (_exposure("AG"),)),
    "AE": _AE,
    "MH": _MH,
    "CM": _CM,
    "DS": _DS,
    "SV": _SV,
    "VS": _VS,
    "LB": _LB,
    "PC": _PC,
    "TU": _TU,
    "TR": _TR,
    "RS": _RS,
    "TS": Domain(("TSPARMCD", "TSSEQ"), ("TSPARMCD",), (), about_subject=False),
}
