"""What the cycles given so far add up to, and what they lead to expect of the next."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from galu.dosimetry.bed import BiologicalDose, u_bed
from galu.dosimetry.curves import CycleCurve, HalfLife
from galu.dosimetry.organ import OrganDose
from galu.dosimetry.plan import Region, RelativeUncertainty
from galu.dosimetry.projection import Cumulative, NextCycle, cumulative_dose


@dataclass
class History:
    """Doses and BED of the counted cycles of one region [Gy]."""

    budget: RelativeUncertainty
    region: Region
    own: HalfLife | None = None
    cycles: list[int] = field(default_factory=list)
    administered_mbq: list[float] = field(default_factory=list)
    doses: list[float] = field(default_factory=list)
    random: list[float] = field(default_factory=list)
    beds: list[BiologicalDose] = field(default_factory=list)
    shared: list[tuple[str, float]] = field(default_factory=list)

    def add(self, cycle: int, administered_mbq: float, dose: OrganDose, curve: CycleCurve) -> None:
        """Count a cycle's dose."""
        self.cycles.append(cycle)
        self.administered_mbq.append(administered_mbq)
        self.doses.append(dose.dose_gy)
        self.random.append(dose.u_dose_gy)
        self.shared.append((curve.source, dose.dose_gy * curve.shared))

    def dose(self) -> Cumulative:
        """Sum of the doses."""
        return cumulative_dose(self.doses, self.random, self.budget.systematic(), self.shared)

    def bed(self) -> Cumulative:
        """Sum of the BED."""
        ratio = self.region.alpha_beta_gy
        stretch = [1.0 + 2.0 * bed.g * bed.dose_gy / ratio for bed in self.beds]
        return cumulative_dose(
            [bed.bed_gy for bed in self.beds],
            [u_bed(d, u, bed.g, ratio) for d, u, bed in zip(self.doses, self.random, self.beds, strict=True)],
            self.budget.systematic(),
            [(source, part * s) for (source, part), s in zip(self.shared, stretch, strict=True)],
            math.fsum(bed.bed_gy - bed.dose_gy for bed in self.beds),
        )

    def next_cycle(self, of_bed: bool) -> NextCycle:
        """What one more cycle adds: the mean dose per activity so far, spread about the patient's mean."""
        so_far = self.dose()
        noise = so_far.random_gy / so_far.dose_gy if so_far.dose_gy > 0 else 0.0
        per_gbq = so_far.dose_gy / math.fsum(self.administered_mbq) * 1000.0
        spread = self.budget.between_cycles * math.sqrt(1.0 + 1.0 / len(self.doses))
        if not of_bed:
            return NextCycle(so_far, per_gbq, noise, spread)
        return NextCycle(self.bed(), per_gbq, noise, spread, self.beds[-1].g / self.region.alpha_beta_gy)

    def gaps(self) -> tuple[int, ...]:
        """Cycles before the newest one that are not counted."""
        return tuple(sorted(set(range(1, max(self.cycles, default=0))) - set(self.cycles)))
