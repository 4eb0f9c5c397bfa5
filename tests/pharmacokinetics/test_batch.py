"""The compiled analysis equals the readable one."""

from __future__ import annotations

import numpy as np
import pytest

from galu.pharmacokinetics import Method, Profile, Route, nca
from galu.pharmacokinetics.batch import COLUMNS, nca_batch


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("route", [Route.BOLUS, Route.INFUSION, Route.EXTRAVASCULAR])
def test_equals_the_readable_twin(method: Method, route: Route) -> None:
    rng = np.random.default_rng(20)
    time_h = np.tile([0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0, 72.0], (60, 1))
    conc = 50.0 * np.exp(-0.05 * time_h) * np.exp(0.3 * rng.normal(size=time_h.shape))
    conc[rng.random(conc.shape) < 0.1] = 0.0
    conc[rng.random(conc.shape) < 0.1] = np.nan
    if route is Route.BOLUS:
        conc[:, 0] = 60.0  # a zero before the first quantifiable sample is left out by the batch
    found = nca_batch(time_h, conc, method, route)
    assert np.isfinite(found).mean() > 0.9
    for i in range(60):
        duration = 0.1 if route is Route.INFUSION else 0.0
        profile = Profile("1", "blood", 1, time_h[i], conc[i], 1.0, route, duration)
        values = {row.code: row.value for row in nca(profile, method)}
        expected = [np.nan if values[code] is None else values[code] for code in COLUMNS]
        np.testing.assert_allclose(found[i], expected, rtol=1e-9, err_msg=str(conc[i]))
