# %% [markdown]
# # For the safety physician: grades, toxicity that limits the dose, who may be dosed
#
# Five usual tasks through the library. The indented line above each cell is the command that
# gives the same. Run it from the folder of galu, with the folder `trial` of
# [the tutorial](../tutorial/index.md) as it is after step 6: the platelets of patient 003 have fallen.

# %% [markdown]
# ## 1. Grades of laboratory values
#
#     galu grade docs/notebooks/data/labs.csv -o graded.csv

# %%
import polars as pl

from galu.safety.ctcae import grade_labs

labs = pl.read_csv("docs/notebooks/data/labs.csv")
grades = grade_labs(labs)
labs.with_columns(grades)

# %% [markdown]
# ## 2. Who had a dose-limiting toxicity, by which rule, and on which facts
#
#     galu status trial --json

# %%
from pathlib import Path

from galu.desk.folder import open_trial
from galu.desk.status import day_of_report
from galu.trial.state import derive_state

trial = open_trial(Path("trial"))
state = derive_state(trial.study, trial.record, day_of_report(trial.record, None))
[(slot.subject, slot.outcome, slot.reason, slot.decided_by) for slot in state.board.slots]

# %% [markdown]
# ## 3. What the design says, and whether anybody may be enrolled
#
#     galu status trial --json

# %%
board = state.board
board.decision.action, board.may_enrol, board.next_step

# %% [markdown]
# ## 4. Who may be dosed, who is held and why
#
#     galu worklist trial --json

# %%
from galu.trial.worklist import derive_worklist

tasks = derive_worklist(state)
[(task.group, task.subject, task.what, task.why) for task in tasks]

# %% [markdown]
# ## 5. What one toxicity among three says of the rate
#
#     galu binomial 1 3 --json

# %%
from galu.binomial import clopper_pearson

tally = dict(board.tallies)[1]
rate = clopper_pearson(tally.dlts, tally.enrolled - tally.pending)
rate
