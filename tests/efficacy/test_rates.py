from __future__ import annotations

import pytest

from galu.efficacy.best import BestResponse
from galu.efficacy.rates import disease_control_rate, objective_response_rate
from galu.finding import InputError


def test_missing_and_not_evaluable_stay_in_the_denominator():
    best = [BestResponse(answer, None) for answer in ("CR", "PR", "SD", "PD", "NE", "MISSING")]
    assert (objective_response_rate(best).x, objective_response_rate(best).n) == (2, 6)
    assert disease_control_rate(best).estimate == 0.5
    with pytest.raises(InputError):
        objective_response_rate([])
