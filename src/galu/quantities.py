"""Physical constants, and the conversions allowed at the edges.

Every quantity inside galu carries its unit in its name (``activity_mbq``, ``time_h``, ``dose_gy``);
a value is converted once, where it enters.
"""

from __future__ import annotations

import math
from typing import Final

LN2: Final = math.log(2.0)
SECONDS_PER_HOUR: Final = 3600.0
HOURS_PER_DAY: Final = 24.0
#: One electronvolt in joules (SI 2019, exact).
JOULE_PER_EV: Final = 1.602176634e-19
#: Avogadro constant (SI 2019, exact) [1/mol].
AVOGADRO_PER_MOL: Final = 6.02214076e23
#: Rest energy of the electron (CODATA 2018) [keV].
ELECTRON_REST_KEV: Final = 510.99895

#: Activity units and their size in MBq.
MBQ_PER_ACTIVITY_UNIT: Final[dict[str, float]] = {
    "Bq": 1e-6,
    "kBq": 1e-3,
    "MBq": 1.0,
    "GBq": 1e3,
    "mCi": 37.0,
    "Ci": 37000.0,
    "uCi": 0.037,
}


def activity_in_mbq(value: float, unit: str) -> float:
    """Convert an activity to MBq.

    Raises
    ------
    KeyError
        When `unit` is no unit of activity.
    """
    return value * MBQ_PER_ACTIVITY_UNIT[unit]


def activity_in_words(mbq: float) -> str:
    """An activity as it is usually written.

    >>> activity_in_words(3700.0), activity_in_words(6.5)
    ('3.7 GBq', '6.5 MBq')
    """
    return f"{mbq / 1000.0:g} GBq" if mbq >= 100.0 else f"{mbq:g} MBq"


def mbq_in_words(mbq: float) -> str:
    """An activity in MBq to four digits, so that a small one keeps its share of the whole.

    >>> mbq_in_words(3700.0), mbq_in_words(5932.4), mbq_in_words(2.475)
    ('3700 MBq', '5932 MBq', '2.475 MBq')
    """
    return f"{mbq:.0f} MBq" if mbq >= 1000.0 else f"{mbq:.4g} MBq"


def decay_factor(elapsed_h: float, half_life_h: float) -> float:
    """Fraction of an activity that is left after `elapsed_h` [h]; above 1 for earlier times."""
    return math.exp(-LN2 * elapsed_h / half_life_h)
