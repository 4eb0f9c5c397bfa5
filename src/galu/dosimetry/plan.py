"""What a study says about dosimetry: limits, radiobiology, reference masses and plausible doses."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from galu.finding import InputError
from galu.statement import Section, Share, Stated
from galu.vocabulary.regions import place


class DoseLimit(Section):
    """A limit on an organ's cumulative dose or BED [Gy], and what passing it means."""

    region: str = Field(description="organ, as `regions` name it")
    quantity: Literal["dose", "bed"] = Field(description="absorbed dose, or biologically effective dose")
    limit_gy: float = Field(gt=0, description="cumulative limit of all cycles")
    action: Literal["alert", "stop"] = Field(description="what passing it means")
    only_with_risk_factors: bool = Field(
        default=False, description="whether it holds only for patients with risk factors"
    )


class Region(Section):
    """What is assumed of an organ or lesion: mass [g], kinetics [h], plausible doses [Gy/GBq].

    `fast_ratio` and `fast_half_life_h` are the population's fast phase relative to the slow one (−1 and
    1.5 for uptake from nothing), used where scans are too few to fit one. `self_dose` states the model of
    `self_dose.py`; without it a sphere, which is refused for walls, marrow, bone and lung. `parts` is the
    number of equal spheres.
    """

    name: str = Field(description="organ, or lesion")
    mass_g: float | None = Field(
        default=None, gt=0, description="reference mass, where a patient's own is not known"
    )
    mass_source: str = Field(default="", description="where the reference mass comes from")
    alpha_beta_gy: float = Field(gt=0, description="α/β of the linear-quadratic model")
    repair_half_time_h: float = Field(gt=0, description="half-time of the repair of sublethal damage")
    population_teff_h: float | None = Field(
        default=None, gt=0, description="usual effective half-life, where scans are too few to fit one"
    )
    population_teff_spread: float = Field(
        default=0.3, gt=0, lt=1, description="its relative spread between patients"
    )
    fast_ratio: float | None = Field(
        default=None, ge=-1, description="amplitude of the population's fast phase, relative to the slow one"
    )
    fast_half_life_h: float | None = Field(default=None, gt=0, description="half-life of that fast phase")
    self_dose: Literal["sphere", "local", "wall"] | None = Field(
        default=None, description="model of the dose to itself; a sphere when not stated"
    )
    parts: int = Field(default=1, ge=1, description="number of equal parts, 2 for a pair")
    density_g_ml: float = Field(default=1.04, gt=0, description="density")
    usual_gy_per_gbq: tuple[float, float] = Field(
        description="range of usual doses per activity; outside it a result is asked about"
    )
    possible_gy_per_gbq: tuple[float, float] = Field(
        description="range of possible doses per activity; outside it a result is not believed"
    )

    @model_validator(mode="after")
    def _ranges_nest(self) -> Region:
        (low, high), (least, most) = self.usual_gy_per_gbq, self.possible_gy_per_gbq
        if not 0 < least <= low < high <= most:
            raise ValueError(f"{self.name}: the usual range must lie inside the possible one")
        if (self.fast_ratio is None) != (self.fast_half_life_h is None):
            raise ValueError(f"{self.name}: a fast phase needs its ratio and its half-life")
        return self

    def fast_phase(self) -> tuple[float, float] | None:
        """Relative amplitude and half-life [h] of the population's fast phase, where it is stated."""
        if self.fast_ratio is None or self.fast_half_life_h is None:
            return None
        return self.fast_ratio, self.fast_half_life_h


class RelativeUncertainty(Section):
    """Relative standard uncertainties that all cycles share, and the spread between cycles."""

    calibration: float = Field(ge=0, lt=1, description="of the camera's calibration, relative")
    recovery: float = Field(ge=0, lt=1, description="of the recovery of small volumes, relative")
    mass: float = Field(ge=0, lt=1, description="of the mass, relative")
    s_value: float = Field(ge=0, lt=1, description="of the S value, relative")
    between_cycles: float = Field(
        ge=0, lt=1, description="spread of a patient's dose per activity between cycles, relative"
    )

    def systematic(self) -> float:
        """Relative uncertainty common to every cycle."""
        parts = (self.calibration, self.recovery, self.mass, self.s_value)
        return float(sum(part**2 for part in parts) ** 0.5)


def organ_of(name: str) -> str:
    """The organ that a region is, or is one of: `kidneys` of `left kidney`."""
    found = place(name)
    return name if found is None else found.organ.name


def _one_side(region: Region, name: str) -> Region:
    """The region, or what is stated of it for one of the pair."""
    found = place(name)
    if found is None or not found.side:
        return region
    mass = None if region.mass_g is None or found.side == "single" else region.mass_g / 2.0
    return region.model_copy(update={"parts": max(region.parts // 2, 1), "mass_g": mass})


class DosimetryPlan(Section):
    """The dosimetry section of a study file."""

    limits: Stated[tuple[DoseLimit, ...]] = Field(description="limits of organs")
    regions: Stated[tuple[Region, ...]] = Field(
        description="organs and lesions, with what is assumed of each"
    )
    uncertainty: Stated[RelativeUncertainty] = Field(description="relative standard uncertainties")
    therapy_nuclide: Stated[str] = Field(description="radionuclide of the therapy, such as Lu-177")
    accepted_risk: Stated[Share] = Field(
        description="probability of passing a limit that is accepted for the next cycle"
    )
    half_lives: Stated[Literal["each patient", "all patients"]] | None = Field(
        default=None, description="whether half-lives are fitted for each patient or for all together"
    )

    def region(self, name: str) -> Region:
        """Look a region up by any name people write; any name starting with `lesion` is the lesion.

        One of a pair (`left kidney`) is half of it, in parts and reference mass; of a single one no mass is
        known but the patient's.

        Raises
        ------
        InputError
            When the plan does not know the region.
        """
        wanted = "lesion" if name.lower().startswith("lesion") else name
        for region in self.regions.value:
            if region.name == wanted or organ_of(region.name) == organ_of(wanted):
                return _one_side(region, wanted)
        known = ", ".join(region.name for region in self.regions.value)
        raise InputError(f"region {name}", "is not in the study's dosimetry", f"use one of {known}")

    def fits_together(self) -> bool:
        """Whether half-lives are fitted over all patients, regions and cycles together."""
        return self.half_lives is not None and self.half_lives.value == "all patients"

    def limits_of(self, name: str, risk_factors: bool = False) -> tuple[DoseLimit, ...]:
        """Limits of a region; those for patients with risk factors only where they have them."""
        return tuple(
            limit
            for limit in self.limits.value
            if organ_of(limit.region) == organ_of(name) and (risk_factors or not limit.only_with_risk_factors)
        )
