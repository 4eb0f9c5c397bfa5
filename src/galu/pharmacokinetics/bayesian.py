"""Bayesian fit of the bi-exponential population model; needs the extra `bayes` (PyMC, nutpie).

The same model as `population`, with the fast rate parametrised above the slow one (λ_fast = λ_slow +
e^d), so that the phases cannot change places, non-centred effects, and M3 for samples below
quantification. Priors are wide and stated in `PRIORS`.
"""

from __future__ import annotations

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


@dataclass(frozen=True, eq=False)
class BayesianFit:
    """Posterior of the population's parameters and whether the chains may be trusted.

    Attributes
    ----------
    mean, sd : dict of str to float
        Of a1, a2, l2 (logarithms), d (ln of the difference of the rates), b, omega_*, sigma.
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
    try:
        import arviz
        import nutpie
        import pymc
    except ImportError:
        raise InputError(
            "Bayesian fit", "PyMC and nutpie are not installed", "install the extra: pip install galu[bayes]"
        ) from None
    compiled = nutpie.compile_pymc_model(_model(pymc, data))
    trace = nutpie.sample(
        compiled, draws=draws, tune=1000, chains=chains, seed=seed, target_accept=0.95, progress_bar=False
    )
    names = ["mean", "omega", "b", "sigma"]
    table = arviz.summary(trace, var_names=names, round_to="none")
    found = _draws(trace.posterior)
    divergences = int(np.asarray(trace.sample_stats["diverging"]).sum())
    r_hat, ess = float(table["r_hat"].max()), float(table["ess_bulk"].min())
    return BayesianFit(
        mean={name: float(values.mean()) for name, values in found.items()},
        sd={name: float(values.std(ddof=1)) for name, values in found.items()},
        draws=found,
        r_hat=r_hat,
        ess=ess,
        divergences=divergences,
        trusted=r_hat <= MOST_R_HAT and ess >= LEAST_ESS and divergences == 0,
    )


def _draws(posterior: Any) -> dict[str, Floats]:
    """Draws of every population parameter by name, chains joined."""
    effects = ("a1", "d", "a2", "l2")
    found: dict[str, Floats] = {}
    for variable, label in (("mean", "{}"), ("omega", "omega_{}")):
        values = np.asarray(posterior[variable]).reshape(-1, len(effects))
        found |= {label.format(name): values[:, k] for k, name in enumerate(effects)}
    found |= {name: np.asarray(posterior[name]).reshape(-1) for name in ("b", "sigma")}
    return found


def _model(pymc: Any, data: PopulationData) -> Any:
    """The model; effects are a1, d, a2, l2 with d the logarithm of the fast rate's lead over the slow."""
    subject = np.repeat(np.arange(len(data.subjects)), np.diff(data.starts))
    time, value, below = data.rows[:, 0], data.rows[:, 1], data.rows[:, 2] > 0.0
    centre = np.array([float(value.max()), 0.0, float(np.median(value)), -4.0])
    with pymc.Model() as model:
        mean = pymc.Normal("mean", centre, PRIORS["means"], shape=4)
        omega = pymc.HalfNormal("omega", PRIORS["omega"], shape=4)
        b = pymc.Normal("b", 0.0, PRIORS["b"])
        sigma = pymc.HalfNormal("sigma", PRIORS["sigma"])
        effect = pymc.Normal("effect", 0.0, 1.0, shape=(len(data.subjects), 4))
        phi = mean + omega * effect
        slow = pymc.math.exp(phi[:, 3] + b * data.covariate)
        fast = slow + pymc.math.exp(phi[:, 1])
        first = phi[:, 0][subject] - fast[subject] * time
        second = phi[:, 2][subject] - slow[subject] * time
        curve = pymc.math.logaddexp(first, second)
        seen = np.flatnonzero(~below)
        pymc.Normal("seen", curve[seen], sigma, observed=value[seen])
        if below.any():
            hidden = np.flatnonzero(below)
            normal = pymc.Normal.dist(curve[hidden], sigma)
            pymc.Potential("hidden", pymc.logcdf(normal, value[hidden]).sum())
    return model
