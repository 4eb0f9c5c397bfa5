# %% [markdown]
# # For the medical physicist: doses from activities
#
# Five usual tasks through the library. The indented line above each cell is the command that
# gives the same. Run it from the folder of galu.

# %% [markdown]
# ## 1. A curve through the scans of an organ
#
#     galu tac docs/notebooks/data/scans.csv --nuclide Lu-177 --json

# %%
import polars as pl

from galu.kinetics import Samples, fit_best
from galu.nuclides import nuclide

scans = pl.read_csv("docs/notebooks/data/scans.csv").filter(pl.col("region") == "kidneys")
lu177 = nuclide("Lu-177")
curve = fit_best(Samples(*(tuple(scans[name]) for name in scans.columns[1:]), lu177.half_life_h))
curve.tia_mbq_h, curve.u_tia_mbq_h, curve.interval_mbq_h

# %% [markdown]
# ## 2. The dose of the kidneys over two cycles, and their limits
#
#     galu dose docs/notebooks/data/kidneys.csv studies/nct07310355 --json

# %%
from pathlib import Path

from galu.dosimetry import CycleActivity, derive_course
from galu.protocol import load_study

plan = load_study(Path("studies/nct07310355/study.yaml")).dosimetry
four = Samples((4, 24, 48, 168), (104, 79, 50, 5.1), (5.2, 4.0, 2.5, 0.4), lu177.half_life_h)
one = Samples((48,), (47,), (2.4,), lu177.half_life_h)
course = derive_course("kidneys", (CycleActivity(1, four, 295, 6000), CycleActivity(2, one, 290, 6010)), plan)
[(cycle.dose.dose_gy, cycle.u_dose_gy, cycle.cumulative_bed_gy) for cycle in course]

# %% [markdown]
# ## 3. The biologically effective dose
#
#     galu bed --dose-gy 4 --teff-h 35.5 --cycles 6 --json

# %%
from galu.dosimetry import biological_dose
from galu.kinetics import ExponentialSum

bed = biological_dose(
    4.0, ExponentialSum((1.0,), (35.5,)), alpha_beta_gy=2.6, repair_half_time_h=2.8, cycles=6
)
bed

# %% [markdown]
# ## 4. The S value of a small tumour
#
#     galu sphere Lu-177 --mass-g 10 --json

# %%
from galu.transport import point_kernel, sphere_dose

sphere = sphere_dose(point_kernel("Lu-177"), 10.0, 1.04)
sphere.s_gy_per_bq_s

# %% [markdown]
# ## 5. The best time of a single scan
#
#     galu scan-times --candidates 4,24,48,72,168 --teff-h 35.5 --json

# %%
from galu.kinetics import best_scan_time_h

time_h, u_relative = best_scan_time_h((4, 24, 48, 72, 168), 0.05, 35.5, 0.3, lu177.half_life_h)
time_h, u_relative
