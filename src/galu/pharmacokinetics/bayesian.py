"""Bayesian fit of the bi-exponential population model; needs the extra `bayes` (PyMC, nutpie).

The same model as `population`, with the fast rate parametrised above the slow one (λ_fast = λ_slow +
e^d), so that the phases cannot change places, and M3 for samples below quantification. A profile of six
or more samples tells its own four parameters better than the population does, so they are drawn about the
population's (centred); the covariate enters about its mean, so that its exponent and the slow rate do not
trade places. Priors are wide and stated in `PRIORS`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics.population import Floats, PopulationData

#: Standard deviations of the normal priors about the start, of the half-normal spreads, and of b.
PRIORS: Final = {"means": 2.0, "omega": 1.0, "b": 1.0, "sigma": 1.0}
#: What a run must reach to be used: Vehtari et al., Bayesian Analysis 2021;16:667.
MOST_R_HAT: Final = 1.01
LEAST_ESS: Final = 400.0
_TUNE: Final = 500
#: Effects of a subject: logarithms, d of the lead of the fast rate over the slow.
_EFFECTS: Final = ("a1", "d", "a2", "l2")


@dataclass(frozen=True, eq=False)
class BayesianFit:
    """Posterior of the population's parameters and whether the chains may be trusted.

    Attributes
    ----------
    mean, sd : dict of str to float
        Of a1, l1, a2, l2 as in `population`, d (ln of the difference of the rates), b, omega_*, sigma.
    draws : dict of str to array, shape (chains × draws,)
    r_hat, ess : float
        The worst R̂ and the smallest effective sample size (bulk).
    divergences : int
    trusted : bool
        R̂ ≤ 1.01, effective size ≥ 400 and no divergence.
    """

    mean: dict[str, float]
    sd: dict[str, float]
    draws: dict[str, Floats]
    r_hat: float
    ess: float
    divergences: int
    trusted: bool


def fit_bayesian(data: PopulationData, seed: int, draws: int = 1000, chains: int = 4) -> BayesianFit:
    """Sample the posterior with nutpie.

    Raises
    ------
    InputError
        When the extra is not installed.
    """
    with warnings.catch_warnings():
        # ArviZ and PyTensor announce their own future and a missing BLAS, neither of which matters here.
        warnings.simplefilter("ignore")
        arviz, nutpie, pymc = _extra()
        compiled = nutpie.compile_pymc_model(_model(pymc, data))
    trace = nutpie.sample(
        compiled, draws=draws, tune=_TUNE, chains=chains, seed=seed, target_accept=0.9, progress_bar=False
    )
    found = _draws(trace.posterior, float(data.covariate.mean()))
    r_hat = max(float(arviz.rhat(values)) for values in found.values())
    ess = min(float(arviz.ess(values)) for values in found.values())
    divergences = int(np.asarray(trace.sample_stats["diverging"]).sum())
    return BayesianFit(
        mean={name: float(values.mean()) for name, values in found.items()},
        sd={name: float(values.std(ddof=1)) for name, values in found.items()},
        draws={name: values.reshape(-1) for name, values in found.items()},
        r_hat=r_hat,
        ess=ess,
        divergences=divergences,
        trusted=r_hat <= MOST_R_HAT and ess >= LEAST_ESS and divergences == 0,
    )


def _extra() -> tuple[Any, Any, Any]:
    try:
        import arviz
        import nutpie
        import pymc
    except ImportError:
        raise InputError(
            "Bayesian fit", "PyMC and nutpie are not installed", "install the extra: pip install galu[bayes]"
        ) from None
    return arviz, nutpie, pymc


def _draws(posterior: Any, covariate_mean: float) -> dict[str, Floats]:
    """Draws (chains, draws) of every population parameter; l2 moved to the covariate's reference."""
    middle, omega = np.asarray(posterior["middle"]), np.asarray(posterior["omega"])
    found = {name: middle[..., k].copy() for k, name in enumerate(_EFFECTS)}
    found |= {f"omega_{name}": omega[..., k] for k, name in enumerate(_EFFECTS)}
    if "b" in posterior:
        found["b"] = np.asarray(posterior["b"])
        found["l2"] -= found["b"] * covariate_mean
    found["l1"] = np.logaddexp(found["l2"], found["d"])
    return found | {"sigma": np.asarray(posterior["sigma"])}


def _model(pymc: Any, data: PopulationData) -> Any:
    """The model; effects are a1, d, a2, l2 with d the logarithm of the fast rate's lead over the slow."""
    subject = np.repeat(np.arange(len(data.subjects)), np.diff(data.starts))
    time, value, below = data.rows[:, 0], data.rows[:, 1], data.rows[:, 2] > 0.0
    centre = np.array([float(value.max()), 0.0, float(np.median(value)), -4.0])
    covariate = data.covariate - data.covariate.mean()
    with pymc.Model() as model:
        middle = pymc.Normal("middle", centre, PRIORS["means"], shape=len(_EFFECTS))
        omega = pymc.HalfNormal("omega", PRIORS["omega"], shape=len(_EFFECTS))
        sigma = pymc.HalfNormal("sigma", PRIORS["sigma"])
        slowest = middle[3]
        if covariate.any():
            slowest = slowest + pymc.Normal("b", 0.0, PRIORS["b"]) * covariate
        about = (middle[0], middle[1], middle[2], slowest)
        a1, d, a2, l2 = (
            pymc.Normal(f"subject_{name}", about[k], omega[k], shape=len(data.subjects))
            for k, name in enumerate(_EFFECTS)
        )
        slow = pymc.math.exp(l2)
        fast = slow + pymc.math.exp(d)
        curve = pymc.math.logaddexp(a1[subject] - fast[subject] * time, a2[subject] - slow[subject] * time)
        seen, hidden = np.flatnonzero(~below), np.flatnonzero(below)
        pymc.Normal("seen", curve[seen], sigma, observed=value[seen])
        if below.any():
            normal = pymc.Normal.dist(curve[hidden], sigma)
            pymc.Potential("hidden", pymc.logcdf(normal, value[hidden]).sum())
    return model
