"""Adverse events, history, therapies and disposition: SDTMIG 3.4, one table per domain.

Code lists that interpret (attribution, withdrawal) are assumed unless they cite CDISC controlled terminology.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from galu.exchange.sdtm.shape import REFERENCE, Domain, Home, holds, is_one_of, not_no
from galu.exchange.sdtm.takes import Take, coded, date, day_before, flag, graded, known, text, year_of

#: CDISC AEREL carries no controlled terms; the usual dichotomy (possible and above is related) is assumed.
ATTRIBUTION: Final[dict[str, str]] = {
    **dict.fromkeys(("Y", "YES", "RELATED", "DEFINITE", "DEFINITELY RELATED", "CERTAIN"), "related"),
    **dict.fromkeys(("PROBABLE", "PROBABLY RELATED", "POSSIBLE", "POSSIBLY RELATED"), "related"),
    **dict.fromkeys(("N", "NO", "NOT RELATED", "UNRELATED", "NONE", "REMOTE"), "unrelated"),
    **dict.fromkeys(("UNLIKELY", "UNLIKELY RELATED"), "unrelated"),
    **dict.fromkeys(("U", "UNKNOWN", "NOT ASSESSABLE"), "unknown"),
}
#: --ENRTPT, --ENRF (codelist STENRF): does it still last at the reference?
ONGOING: Final = {
    "ONGOING": True, "AFTER": True, "DURING/AFTER": True,
    "BEFORE": False, "COINCIDENT": None, "DURING": None, "UNKNOWN": None, "U": None,
}  # fmt: skip
#: DSDECOD that leave the study or its treatment where no category says so (codelist NCOMPLT).
LEFT: Final = (
    "ADVERSE EVENT", "DISEASE PROGRESSION", "DISEASE RELAPSE", "LACK OF EFFICACY", "LOST TO FOLLOW-UP",
    "NON-COMPLIANCE WITH STUDY DRUG", "OTHER", "PHYSICIAN DECISION", "PREGNANCY", "PROGRESSIVE DISEASE",
    "PROTOCOL DEVIATION", "PROTOCOL VIOLATION", "RECOVERY", "SITE TERMINATED BY SPONSOR",
    "STUDY TERMINATED BY SPONSOR", "TECHNICAL PROBLEMS", "WITHDRAWAL BY PARENT/GUARDIAN",
    "WITHDRAWAL BY SUBJECT",
)  # fmt: skip
#: Disposition events that leave nothing.
_NO_EXIT: Final = "COMPLET|DEATH|SCREEN|CONSENT OBTAINED|RANDOMI|ENROLLED"


def _began(domain: str) -> pl.Expr:
    """Start of something whose start date is missing, by what stands relative to a reference.

    What began before the reference is dated the day before it, what coincides with it on its day.
    """
    point, by_point = f"{domain}STTPT", f"{domain}STRTPT"
    by_period = f"{domain}STRF"
    return pl.coalesce(
        pl.when(is_one_of(by_point, "BEFORE")).then(day_before(point)),
        pl.when(is_one_of(by_point, "COINCIDENT")).then(known(point)),
        pl.when(is_one_of(by_period, "BEFORE")).then(day_before(REFERENCE)),
        pl.when(is_one_of(by_period, "COINCIDENT")).then(known(REFERENCE)),
    )


def _onset() -> Take:
    """Start of an adverse event: nobody's event is lost because nobody knows when it began.

    Without a date it began in the year of its end or of its report, as far as is known.
    """
    stated = date("AESTDTC")
    some_year = pl.coalesce(year_of("AEENDTC"), year_of("AEDTC"), year_of(REFERENCE))
    return replace(stated, value=pl.coalesce(stated.value, _began("AE"), some_year))


_FATAL: Final = (
    is_one_of("AEOUT", "FATAL", "DEATH", "DIED").fill_null(False)
    | is_one_of("AESDTH", "Y", "YES").fill_null(False)
    | (pl.coalesce(graded("AETOXGR"), pl.lit(0)) == 5)
)


def _grade() -> Take:
    """Grade of an adverse event; a fatal one is grade 5, whatever else is written."""
    stated = pl.coalesce(graded("AETOXGR"), graded("AESEV"))
    fatal = pl.when(_FATAL).then(pl.lit(5)).cast(pl.Int64)
    return Take(
        pl.coalesce(fatal, stated),
        pl.col("AETOXGR").is_not_null() & graded("AETOXGR").is_null(),
        "is no grade",
        _FATAL & (pl.coalesce(stated, pl.lit(0)) != 5),
        "is the grade of an event that was fatal: counted as 5",
    )


_ENDED: Final = pl.coalesce(
    date("AEENDTC").value, pl.when(is_one_of("AEENRTPT", "BEFORE")).then(known("AEENTPT"))
)

AE: Final = Domain(
    key=("AESEQ",),
    topic=("AETERM",),
    dates=("AESTDTC", "AEDTC", "AEENDTC"),
    homes=(
        Home(
            "adverse_event",
            {
                "on": _onset(),
                "term": text("AEDECOD", "AETERM"),
                "soc": text("AESOC", "AEBODSYS"),
                "grade": _grade(),
                "severity": text("AESEV"),
                "ended": replace(date("AEENDTC"), value=_ENDED),
                "attribution": coded("AEREL", ATTRIBUTION),
                "serious": flag("AESER"),
                "life_threatening": flag("AESLIFE"),
                "action": text("AEACN"),
                "outcome": Take(pl.coalesce("AEOUT", pl.when(_FATAL).then(pl.lit("FATAL")))),
                "clinically_meaningful": flag("AECLSIG"),
            },
            not_no("AEOCCUR"),
        ),
        Home(
            "death",
            {
                "on": Take(pl.coalesce(known("AEENDTC"), known("AESTDTC"), year_of("AEDTC"),
                                       year_of(REFERENCE))),
                "cause": text("AEDECOD", "AETERM"),
                "related": coded("AEREL", {
                    word: {"related": True, "unrelated": False}.get(meant)
                    for word, meant in ATTRIBUTION.items()
                }, pl.Boolean),
            },
            _FATAL & not_no("AEOCCUR"),
            suffix="death",
        ),
    ),
)  # fmt: skip
MH: Final = Domain(
    key=("MHSEQ",),
    topic=("MHTERM",),
    dates=("MHDTC", "MHSTDTC"),
    homes=(
        Home(
            "history",
            {
                "on": replace(
                    date("MHDTC", "MHSTDTC"),
                    value=pl.coalesce(date("MHDTC", "MHSTDTC").value, _began("MH"), known(REFERENCE)),
                ),
                "term": text("MHDECOD", "MHTERM"),
                "category": text("MHCAT"),
                "started": date("MHSTDTC"),
                "ended": date("MHENDTC"),
                "grade": Take(graded("MHTOXGR")),
                "ongoing": Take(
                    pl.coalesce(*(coded(c, ONGOING, pl.Boolean).value for c in ("MHENRTPT", "MHENRF"))),
                ),
            },
            not_no("MHOCCUR") & pl.col("MHSTAT").is_null(),
        ),
    ),
)  # fmt: skip
CM: Final = Domain(
    key=("CMSEQ",),
    topic=("CMTRT",),
    dates=("CMSTDTC", "CMDTC"),
    homes=(
        Home(
            "therapy",
            {
                "on": replace(
                    date("CMSTDTC", "CMDTC"),
                    value=pl.coalesce(date("CMSTDTC", "CMDTC").value, _began("CM"), year_of("CMENDTC"),
                                      year_of(REFERENCE)),
                ),
                "agent": Take(
                    pl.coalesce(
                        pl.when(pl.col("CMDECOD").str.to_uppercase() != "UNCODED").then("CMDECOD"), "CMTRT"
                    ),
                ),
                "therapy_class": text("CMCLAS"),
                "ended": date("CMENDTC"),
                "indication": text("CMINDC"),
                "anticancer": Take(pl.when(holds("CMCAT", "CANCER|ANTINEOPLASTIC")).then(True)),
            },
            not_no("CMOCCUR"),
        ),
    ),
)  # fmt: skip

_DECODED: Final = pl.coalesce("DSDECOD", "DSTERM").str.to_uppercase()
_IN_SCREENING: Final = holds("DSSCAT", "SCREEN") | holds("EPOCH", "SCREEN")
_EVENT: Final = holds("DSCAT", "DISPOSITION")
_LEFT: Final = (_EVENT & ~_DECODED.str.contains(_NO_EXIT)) | (
    pl.col("DSCAT").is_null() & is_one_of("DSDECOD", *LEFT)
)
_FAILED: Final = _IN_SCREENING & _LEFT.fill_null(False)


def _scope() -> Take:
    """Treatment or study: by the subcategory, else by the epoch; the study where neither says."""
    treatment = pl.lit("treatment")
    return Take(
        pl.when(holds("DSSCAT", "TREATMENT|STUDY DRUG|STUDY MED|DOSING"))
        .then(treatment)
        .when(holds("DSSCAT", "STUDY|PARTICIPATION|TRIAL"))
        .then(pl.lit("study"))
        .when(holds("EPOCH", "TREATMENT|INDUCTION|MAINTENANCE|DOSING"))
        .then(treatment)
        .otherwise(pl.lit("study"))
    )


DS: Final = Domain(
    key=("DSSEQ",),
    topic=("DSDECOD", "DSTERM"),
    dates=("DSSTDTC", "DSDTC"),
    homes=(
        Home(
            "disposition",
            {
                "on": date("DSSTDTC", "DSDTC"),
                "term": Take(
                    pl.when(_FAILED)
                    .then(pl.concat_str(pl.lit("SCREEN FAILURE: "), pl.coalesce("DSDECOD", "DSTERM")))
                    .otherwise(pl.coalesce("DSDECOD", "DSTERM"))
                ),
                "category": Take(
                    pl.concat_str("DSCAT", "DSSCAT", "EPOCH", separator="; ", ignore_nulls=True).replace(
                        {"": None}
                    )
                ),
            },
        ),
        Home(
            "withdrawal",
            {
                "on": date("DSSTDTC", "DSDTC"),
                "scope": _scope(),
                "cause": text("DSTERM", "DSDECOD"),
                # Only what says that toxicity was the cause is taken for it; of the rest nobody knows.
                "toxicity_related": Take(pl.when(_DECODED.str.contains("ADVERSE EVENT")).then(True)),
            },
            _LEFT & ~_FAILED,
            suffix="withdrawal",
        ),
        Home("death", {"on": date("DSSTDTC", "DSDTC")}, _DECODED == "DEATH", suffix="death"),
        Home(
            "consent",
            {"on": date("DSSTDTC")},
            _DECODED.str.contains("INFORMED CONSENT") & ~_DECODED.str.contains("WITHDR|REFUS"),
            suffix="consent",
        ),
    ),
)
