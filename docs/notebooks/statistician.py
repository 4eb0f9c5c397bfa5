# %% [markdown]
# # For the statistician: designs that find a dose
#
# Five usual tasks through the library. The indented line above each cell is the command that
# gives the same. Run it from the folder of galu.

# %% [markdown]
# ## 1. What happens to the next patient
#
# Two patients of level 1 without a DLT, one whose window still runs.
#
#     galu design next rolling-six --levels 2 --outcomes "1NNP" --json

# %%
from galu.escalation import Outcomes, design_named

rolling_six = design_named("rolling-six")
decision = rolling_six.decide(Outcomes.from_string("1NNP"), 2)
decision

# %% [markdown]
# ## 2. How the design behaves, exactly
#
# Probability of declaring no level, level 1, level 2, and how many patients it takes, if the true rates were 10 and 30 %.
#
#     galu design exact rolling-six --truth 0.10,0.30 --json

# %%
from galu.escalation.exact import slow_limit

exact = slow_limit(rolling_six, (0.10, 0.30))
exact

# %% [markdown]
# ## 3. The boundaries of an interval design
#
#     galu design boundaries boin --target 0.25 --n 12 --json

# %%
boundaries = design_named("boin", target=0.25, largest=12).boundaries()
boundaries

# %% [markdown]
# ## 4. A two-stage design of the expansion
#
#     galu design simon --p0 0.2 --p1 0.4 --json

# %%
from galu.escalation.simon import simon_designs

optimal, minimax = simon_designs(0.2, 0.4, 0.05, 0.2)
optimal

# %% [markdown]
# ## 5. An exact interval
#
#     galu binomial 3 10 --json

# %%
from galu.binomial import clopper_pearson

rate = clopper_pearson(3, 10)
rate
