from __future__ import annotations

import numpy as np
import pytest

from galu.finding import InputError
from galu.kinetics import Samples, fit_mono, single_scan
from galu.kinetics.joint import OrganCycle, TeffPrior, fit_joint
from galu.quantities import LN2

LU_H = 159.4632
TRUTH = {"kidneys": (38.0, 0.20), "parotid": (50.0, 0.25)}
STATED = {"kidneys": TeffPrior(30.0, 0.3), "parotid": TeffPrior(42.2, 0.3)}


def cohort(patients: int, cycles: int, between: float, seed: int) -> tuple[list[OrganCycle], np.ndarray]:
    rng = np.random.default_rng(seed)
    curves, tia = [], []
    for organ, (median, spread) in TRUTH.items():
        for patient in range(patients):
            own = np.log(median) + np.sqrt(np.log1p(spread**2)) * rng.standard_normal()
            for cycle in range(1, cycles + 1):
                teff = min(np.exp(own + between * rng.standard_normal()), LU_H)
                amplitude = 80.0 * np.exp(0.3 * rng.standard_normal())
                time = np.array((4.0, 24.0, 72.0, 168.0) if cycle == 1 else (48.0,))
                truth = amplitude * np.exp2(-time / teff)
                seen = truth * (1.0 + 0.05 * rng.standard_normal(time.size))
                samples = Samples(tuple(time), tuple(seen), tuple(0.05 * truth), LU_H)
                curves.append(OrganCycle(f"P{patient}", organ, cycle, samples))
                tia.append(amplitude * teff / LN2)
    return curves, np.array(tia)


def test_population_and_every_cycle_are_recovered() -> None:
    curves, tia = cohort(40, 5, 0.12, 8)
    fit = fit_joint(curves, STATED, 0.15)
    for population in fit.populations:
        median, spread = TRUTH[population.organ]
        # The standard error of a median of forty is spread/√40.
        assert population.teff_h == pytest.approx(median, rel=3.0 * spread / np.sqrt(40))
        assert population.spread == pytest.approx(spread, rel=0.4)
    assert 0.05 < fit.between_cycles < 0.25
    inside = [a < t < b for (a, b), t in zip((c.interval_mbq_h for c in fit.curves), tia, strict=True)]  # type: ignore[misc]
    assert 0.92 <= np.mean(inside) <= 0.98
    later = [i for i, curve in enumerate(curves) if curve.cycle > 1]
    alone = [single_scan(curves[i].samples, 30.0, 0.3) for i in later if curves[i].organ == "kidneys"]
    error = np.array([fit.curves[i].tia_mbq_h for i in later]) / tia[later] - 1.0
    error_alone = np.array([one.tia_mbq_h for one in alone]) / tia[later][: len(alone)] - 1.0
    assert np.sqrt((error[: len(alone)] ** 2).mean()) < np.sqrt((error_alone**2).mean())


def test_one_patient_with_many_scans_keeps_his_own_fit() -> None:
    curves, _ = cohort(1, 1, 0.0, 3)
    joint = fit_joint(curves[:1], STATED, 0.15).curves[0]
    own = fit_mono(curves[0].samples)
    assert joint.tia_mbq_h == pytest.approx(own.tia_mbq_h, rel=0.02)
    assert joint.u_tia_mbq_h < 1.1 * own.u_tia_mbq_h  # type: ignore[operator]


def test_half_lives_stay_at_physical_decay() -> None:
    time = (4.0, 24.0, 72.0, 168.0)
    samples = Samples(time, (60.0, 58.0, 52.0, 40.0), (1.0, 1.0, 1.0, 1.0), LU_H)
    fit = fit_joint([OrganCycle("P", "parotid", 1, samples)], {"parotid": TeffPrior(120.0, 0.5)}, 0.15)
    assert fit.curves[0].at_bound and fit.curves[0].t_eff_h <= LU_H  # type: ignore[operator]


def test_organ_without_prior_and_no_curves_are_refused() -> None:
    curves, _ = cohort(1, 1, 0.0, 3)
    with pytest.raises(InputError, match="kidneys"):
        fit_joint(curves, {}, 0.15)
    with pytest.raises(InputError, match="no curves"):
        fit_joint([], STATED, 0.15)


def test_scans_that_contradict_their_joint_curve_say_so() -> None:
    times = (4.0, 24.0, 72.0, 168.0)
    good = [100.0 * 2.0 ** (-t / 40.0) for t in times]
    bad = [good[0], good[1], 2.0 * good[2], good[3]]
    curves = [
        OrganCycle(name, "kidneys", 1, Samples(times, tuple(seen), tuple(0.03 * a for a in good), 159.5))
        for name, seen in (("A", good), ("B", good), ("C", bad))
    ]
    fine, _, wrong = fit_joint(curves, {"kidneys": TeffPrior(40.0, 0.3)}, 0.1).curves
    assert fine.reason == "" and fine.degrees == 3
    assert "does not fit" in wrong.reason and "72 h" in wrong.reason
