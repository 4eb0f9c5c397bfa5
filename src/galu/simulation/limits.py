"""Organ limits that end a treatment: what the physicist of a simulated trial says before the next dose."""

from __future__ import annotations

from dataclasses import dataclass, field

from galu.dosimetry.bed import biological_dose
from galu.dosimetry.plan import DoseLimit, organ_of
from galu.kinetics import ExponentialSum
from galu.protocol import Study


@dataclass(slots=True)
class OrganDoses:
    """Absorbed doses and BED of one patient's administrations by organ [Gy], as they truly are."""

    study: Study
    doses: dict[str, list[float]] = field(default_factory=dict)
    beds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, region: str, dose_gy: float, teff_h: float) -> None:
        """Add one administration's dose to a region whose activity falls with one half-life."""
        plan = self.study.dosimetry
        if plan is None or not self._limits(region):
            return
        row = plan.region(region)
        curve = ExponentialSum((1.0,), (teff_h,))
        bed = biological_dose(dose_gy, curve, row.alpha_beta_gy, row.repair_half_time_h).bed_gy
        self.doses.setdefault(region, []).append(dose_gy)
        self.beds.setdefault(region, []).append(bed)

    def _limits(self, region: str) -> tuple[DoseLimit, ...]:
        """Limits that end the treatment by the plan; none where an organ limit only lowers the activity."""
        plan, given = self.study.dosimetry, self.study.treatment
        rule = None if given is None else given.at_organ_limit
        if plan is None or rule is None or rule.value != "stop":
            return ()
        known = {organ_of(one.name) for one in plan.regions.value}
        own = plan.limits_of(region) if organ_of(region) in known else ()
        return tuple(limit for limit in own if limit.action == "stop")

    def is_full(self) -> bool:
        """Whether another dose like the mean of those given would pass a limit."""
        return any(
            sum(given) * (1.0 + 1.0 / len(given)) > limit.limit_gy
            for region in self.doses
            for limit in self._limits(region)
            for given in ((self.beds if limit.quantity == "bed" else self.doses)[region],)
        )
