# %% [markdown]
# # For the data manager: what enters, who is eligible, who wrote what
#
# Five usual tasks through the library. The indented line above each cell is the command that
# gives the same. Run it from the folder of galu, with the folder `trial` of
# [the tutorial](../tutorial/index.md) as it is after step 6.

# %% [markdown]
# ## 1. Look at a delivery before it enters
#
#     galu record import trial docs/tutorial/week-7 --dry-run

# %%
from pathlib import Path

from galu.desk.record import import_csv

trial = Path("trial")
found = import_csv(trial, Path("docs/tutorial/week-7"), dry_run=True)
found.counts, found.total, found.written

# %% [markdown]
# ## 2. Which criteria a patient meets, and what is lacking
#
#     galu eligibility studies/nct07310355 trial --subject 001 --gate dose --json

# %%
from galu.desk.eligibility import Question, judge_eligibility
from galu.eligibility import Gate

study = Path("studies/nct07310355")
judged = judge_eligibility(study, trial, Question("001", Gate.DOSE))[0]
verdicts = {one.criterion: one.verdict for one in judged.verdicts}
verdicts

# %% [markdown]
# ## 3. How long each piece of evidence counts
#
#     galu eligibility studies/nct07310355 trial --subject 001 --expiry --json

# %%
from galu.desk.eligibility import expiries

evidence = expiries(study, trial, Question("001"))
[(one.item, one.on, one.expires) for one in evidence]

# %% [markdown]
# ## 4. Who wrote a value, who corrected it, what rests on it
#
#     galu history trial 003-plat-22 --json

# %%
from galu.desk.history import fact_history

history = fact_history(trial, "003-plat-22")
history.stands, history.rests

# %% [markdown]
# ## 5. Whether the record is what was written
#
#     galu record verify trial

# %%
from galu.desk.record import verify_record

checked = verify_record(trial)
checked.fault, checked.entries, checked.public_key
