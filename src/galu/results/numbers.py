"""How numbers are written in a table: shares from integers, rounding half up, decimals as collected.

Python and R round half to even, and binary floats hide ties: 6.25 is printed as 6.2. A share is therefore
rounded as a ratio of integers, and a measured value through its shortest decimal form.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

#: Decimals beyond those collected, by statistic (the usual convention of clinical tables).
MORE_PLACES: Final = {"min": 0, "max": 0, "mean": 1, "median": 1, "sd": 2}
#: No value is shown with more decimals as collected than this.
MOST_PLACES: Final = 4


def percent_text(count: int, of: int) -> str:
    """A share in percent with one decimal, rounded half up from the two integers; a dash of nobody."""
    if of <= 0:
        return "–"
    tenths = (2000 * count + of) // (2 * of)
    return f"{tenths // 10}.{tenths % 10}"


def count_text(count: int, of: int) -> str:
    """`n (xx.x)`; a zero stands alone, and so does a number of no denominator."""
    return str(count) if count == 0 or of <= 0 else f"{count} ({percent_text(count, of)})"


def rounded(value: float, places: int) -> str:
    """A value to so many decimals, half up in its decimal form; not a number is `NE`."""
    if not math.isfinite(value):
        return "NE"
    text = str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    return text.lstrip("-") if Decimal(text) == 0 else text


def places_of(values: Sequence[float]) -> int:
    """Decimals with which most values were collected, as far as their shortest form tells.

    At most four, and no more than make three significant digits of the middle value: one that was converted
    from another unit has as many as a machine writes.
    """
    if not values:
        return 0
    exponents = (Decimal(repr(float(one))).normalize().as_tuple().exponent for one in values)
    found = sorted(max(0, -int(one)) for one in exponents)
    middle = abs(sorted(values, key=abs)[len(values) // 2])
    enough = MOST_PLACES if middle == 0.0 else max(0, 2 - math.floor(math.log10(middle)))
    return min(MOST_PLACES, enough, found[len(found) // 2])


def significant(value: float, digits: int = 3) -> str:
    """A derived value to so many significant digits, half up, never with an exponent."""
    if not math.isfinite(value):
        return "NE"
    if value == 0.0:
        return "0"
    return rounded(value, max(0, digits - 1 - math.floor(math.log10(abs(value)))))


def geometric(values: Sequence[float]) -> tuple[float, float] | None:
    """Geometric mean and CV [%], ``100 √(e^{s²} − 1)``; none where a value is not positive.

    Of one value the CV is not a number.
    """
    if not values or min(values) <= 0.0:
        return None
    logs = [math.log(one) for one in values]
    spread = statistics.stdev(logs) if len(logs) > 1 else math.nan
    return math.exp(statistics.fmean(logs)), 100.0 * math.sqrt(math.expm1(spread**2))


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """First and third quartile by the empirical distribution with averaging (SAS, PCTLDEF=5)."""
    ordered = sorted(values)
    return _quantile(ordered, 1), _quantile(ordered, 3)


def _quantile(ordered: Sequence[float], quarter: int) -> float:
    whole, rest = divmod(len(ordered) * quarter, 4)
    if rest:
        return ordered[whole]
    return (ordered[max(whole - 1, 0)] + ordered[min(whole, len(ordered) - 1)]) / 2.0
