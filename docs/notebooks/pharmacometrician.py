# %% [markdown]
# # For the pharmacometrician: concentrations
#
# Five usual tasks through the library. The indented line above each cell is the command that
# gives the same. Run it from the folder of galu.

# %% [markdown]
# ## 1. Non-compartmental analysis of a profile
#
#     galu nca docs/notebooks/data/plasma.csv --route bolus --dose 6000 --dose-unit MBq --conc-unit kBq/mL --json

# %%
import polars as pl

from galu.pharmacokinetics import Method, Profile, nca

data = pl.read_csv("docs/notebooks/data/plasma.csv")
units = {"dose_unit": "MBq", "conc_unit": "kBq/mL"}
plasma = Profile("001", "plasma", 1, data["time"].to_numpy(), data["conc"].to_numpy(), 6000.0, **units)
parameters = {one.code: one for one in nca(plasma, Method.LINUP_LOGDOWN)}
parameters["LAMZHL"].value, parameters["AUCIFO"].value, parameters["CLO"].value

# %% [markdown]
# ## 2. What decays, and what the substance does
#
# Activity as measured, corrected to the time of the injection.
#
#     galu nca docs/notebooks/data/plasma.csv --route bolus --dose 6000 --dose-unit MBq --conc-unit kBq/mL --nuclide Lu-177 --json

# %%
from dataclasses import replace

from galu.nuclides import nuclide
from galu.pharmacokinetics import DecayState, corrected

as_measured = replace(plasma, decay_state=DecayState.MEASURED)
substance = corrected(as_measured, nuclide("Lu-177").half_life_h)
of_substance = {one.code: one for one in nca(substance, Method.LINUP_LOGDOWN)}
of_substance["LAMZHL"].value, of_substance["CLO"].value

# %% [markdown]
# ## 3. The area of the first day
#
#     galu nca docs/notebooks/data/plasma.csv --route bolus --dose 6000 --interval 0:24 --json

# %%
from galu.pharmacokinetics import partial_auc

first_day = partial_auc(plasma, Method.LINUP_LOGDOWN, 0.0, 24.0)
first_day.value, first_day.unit

# %% [markdown]
# ## 4. Another trapezoidal rule, and fewer points of the terminal phase
#
#     galu nca docs/notebooks/data/plasma.csv --route bolus --dose 6000 --method linear --lambda-z-not-before 24 --json

# %%
from galu.pharmacokinetics import Rules, TerminalRule

late = Rules(terminal=TerminalRule(not_before_h=24.0))
linear = {one.code: one for one in nca(plasma, Method.LINEAR, late)}
linear["AUCIFO"].value, linear["LAMZHL"].value

# %% [markdown]
# ## 5. A population fit
#
#     galu population docs/notebooks/data/cohort.csv --json

# %%
from galu.pharmacokinetics.population import fit_foce, population_data

cohort = pl.read_csv("docs/notebooks/data/cohort.csv", schema_overrides={"subject": pl.String})
columns = (cohort["subject"].to_list(), cohort["time"].to_list(), cohort["conc"].to_list())
population = fit_foce(population_data(*columns, [False] * cohort.height))
population.estimate, population.standard_error
