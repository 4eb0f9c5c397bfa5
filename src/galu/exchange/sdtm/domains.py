"""Which column becomes which field of which kind of fact: SDTMIG 3.4, one table per domain.

What no row of a table takes is kept as an `element` fact.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from galu.exchange.sdtm.events import AE, CM, DS, MH
from galu.exchange.sdtm.results import limit, reported
from galu.exchange.sdtm.shape import REFERENCE, Domain, Home, holds, is_one_of, not_no
from galu.exchange.sdtm.takes import (
    Take,
    activity,
    coded,
    date,
    flag,
    grade,
    joined,
    known,
    last_day,
    nominal_hours,
    number,
    text,
    year_of,
)
from galu.quantities import MBQ_PER_ACTIVITY_UNIT

#: TUORRES of TUTESTCD TUMIDENT, TUSPLIT, TUMERGE (codelist TUIDRS).
ROLE: Final = {
    "TARGET": "target", "TARGET LESION": "target",
    "NON-TARGET": "non-target", "NON-TARGET LESION": "non-target", "NONTARGET": "non-target",
    "NON TARGET": "non-target",
    "NEW": "new", "NEW LESION": "new", "NEW TARGET": "new", "NEW NON-TARGET": "new",
}  # fmt: skip
_EVALUATED = {"method": "METHOD", "evaluator": "EVAL", "reader": "EVALID"}


def _reader(domain: str, *fields: str) -> dict[str, Take]:
    return {name: text(f"{domain}{_EVALUATED[name]}") for name in fields} | {"visit": text("VISIT")}


def _baseline(domain: str) -> Take:
    """Marked as baseline, by the older or the newer flag."""
    return Take(pl.coalesce(flag(f"{domain}BLFL").value, flag(f"{domain}LOBXFL").value))


def _measured_on(domain: str) -> Take:
    """Day of a result; one without a day belongs to the year of its subject's reference (assumed)."""
    stated, column = date(f"{domain}DTC"), f"{domain}DTC"
    there = pl.col(f"{domain}ORRES").is_not_null() | pl.col(f"{domain}STRESN").is_not_null()
    untold = pl.when(pl.col(column).is_null() & there).then(year_of(REFERENCE))
    return replace(stated, value=pl.coalesce(stated.value, untold))


def _exposure(domain: str) -> Home:
    takes = {
        "on": date(f"{domain}STDTC"),
        # What was given until some day of a month may have been given until its last.
        "ended": replace(date(f"{domain}ENDTC"), value=last_day(f"{domain}ENDTC")),
        "agent": text(f"{domain}TRT"),
        "route": text(f"{domain}ROUTE"),
        **activity(domain, MBQ_PER_ACTIVITY_UNIT),
    }
    planned = is_one_of(f"{domain}MOOD", "SCHEDULED").fill_null(False)
    return Home("administration", takes, not_no(f"{domain}OCCUR") & ~planned)


_DIED = pl.col("DTHDTC").is_not_null() | is_one_of("DTHFL", "Y", "YES").fill_null(False)
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
        Home(
            "death",
            {
                # A death of which nobody wrote the day is a death.
                "on": replace(
                    date("DTHDTC"),
                    value=pl.coalesce(
                        date("DTHDTC").value, year_of("RFPENDTC"), year_of("RFENDTC"), year_of(REFERENCE)
                    ),
                )
            },
            _DIED,
            suffix="death",
        ),
        Home("contact", {"on": date("RFPENDTC")}, ~_DIED, suffix="contact"),
        Home(
            "disposition",
            {
                "on": Take(
                    pl.coalesce(date("RFPENDTC", "RFENDTC", "RFICDTC", "DMDTC").value, known(REFERENCE))
                ),
                "term": Take(pl.lit("SCREEN FAILURE")),
                "category": text("ARMNRS"),
            },
            pl.any_horizontal(
                is_one_of(c, "SCRNFAIL", "SCREEN FAILURE").fill_null(False)
                for c in ("ARMCD", "ACTARMCD", "ARM", "ACTARM", "ARMNRS")
            ),
            suffix="failed",
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
            {"on": date("VSDTC"), "test": text("VSTESTCD"), **reported("VS"), "baseline": _baseline("VS")},
        ),
    ),
)
#: A set that names no specimen still says which results are of urine.
_URINALYSIS = pl.when(holds("LBCAT", "URIN")).then(pl.lit("URINE"))
_LB = Domain(
    key=("LBSEQ",),
    topic=("LBTESTCD",),
    dates=("LBDTC",),
    homes=(
        Home(
            "lab",
            {
                "on": _measured_on("LB"),
                "test": text("LBTESTCD"),
                **reported("LB"),
                "lower_limit": limit("LB", "ORNRLO", "STNRLO"),
                "upper_limit": limit("LB", "ORNRHI", "STNRHI"),
                "specimen": Take(pl.coalesce(pl.col("LBSPEC").str.to_uppercase(), _URINALYSIS)),
                "baseline": _baseline("LB"),
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
            is_one_of("TUTESTCD", "TUMIDENT", "LESIDENT", "TUSPLIT", "TUMERGE", "LESSPLIT", "LESMERGE"),
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
            is_one_of("TRTESTCD", "SUMDIAM", "SUMLDIAM", "SUMNLNLD") & pl.col("TRLNKID").is_null(),
            suffix="sum",
        ),
    ),
)
_RS = Domain(
    key=("RSSEQ",),
    topic=("RSTESTCD",),
    dates=("RSDTC",),
    homes=(
        Home("ecog", {"on": date("RSDTC"), "score": grade("RSORRES")}, is_one_of("RSTESTCD", "ECOG101")),
        Home(
            "collected_response",
            {
                "on": date("RSDTC"),
                "test": text("RSTESTCD"),
                "criterion": text("RSCAT"),
                "value": text("RSORRES", "RSSTRESC", "RSSTAT"),
                **_reader("RS", "evaluator", "reader"),
            },
            ~is_one_of("RSTESTCD", "ECOG101"),
        ),
    ),
)

#: Every domain that galu reads. TS describes the trial: each parameter is kept as an element.
DOMAINS: Final[dict[str, Domain]] = {
    "DM": _DM,
    "EX": Domain(("EXSEQ",), ("EXTRT",), ("EXSTDTC", "EXENDTC"), (_exposure("EX"),)),
    # Exposure as collected is read where no EX was made of it.
    "EC": Domain(("ECSEQ",), ("ECTRT",), ("ECSTDTC", "ECENDTC"), (_exposure("EC"),)),
    "AG": Domain(("AGSEQ",), ("AGTRT",), ("AGSTDTC", "AGDTC"), (_exposure("AG"),)),
    "AE": AE,
    "MH": MH,
    "CM": CM,
    "DS": DS,
    "SV": _SV,
    "VS": _VS,
    "LB": _LB,
    "PC": _PC,
    "TU": _TU,
    "TR": _TR,
    "RS": _RS,
    "TS": Domain(("TSPARMCD", "TSSEQ"), ("TSPARMCD",), (), about_subject=False),
}
