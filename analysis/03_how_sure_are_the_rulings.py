# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 How sure are the rulings?
#
# A ruling is an estimate: what panels like these would support, from the few that sat. This notebook takes the rulings of
# `transcripts/golden/assembly` apart until it is clear which of them would survive another draw, another order, another rule, and,
# because the synthetic public's will is planted and known, which of them are right. **All of it is simulated.**

# %%
import json

import deliberation as d
from deliberation.analysis import plots

RUN = "../transcripts/golden/assembly"
folder, settings = d.RunFolder.existing(RUN), d.stored_settings(RUN)
rulings, ballots = d.rulings(RUN), d.ballots(RUN)
print(len(ballots), "ballots of", ballots["member"].nunique(), "people in", ballots["assembly"].nunique(), "assemblies")

# %% [markdown]
# ## Why not simply count the votes?
#
# Because eighty people in eight rooms are not eighty observations. Whoever sat in a room where the other side had no good speaker votes
# like it. Take the clause with the widest spread between rooms: pooled, its share looks as sure as eighty coins.

# %%
voted = ballots.loc[ballots["choice"].isin(["support", "oppose"])].assign(for_it=lambda b: b["choice"] == "support")
by_room = voted.groupby(["clause", "assembly"])["for_it"].mean().unstack()
widest = by_room.std(axis=1).idxmax()
pooled = voted.loc[voted["clause"] == widest, "for_it"]
naive = 1.645 * (pooled.mean() * (1 - pooled.mean()) / len(pooled)) ** 0.5
ruled = rulings.set_index("clause").loc[widest]
print("by room:", by_room.loc[widest].round(2).tolist())
print(f"pooled {pooled.mean():.2f}, as if independent [{pooled.mean() - naive:.2f}, {pooled.mean() + naive:.2f}]; as ruled [{ruled['low']:.2f}, {ruled['high']:.2f}]")

# %% [markdown]
# ## The rulings, with their intervals
#
# *Adopted* and *rejected* are said only where the evidence for them is strong at the threshold of the rule; what lies between is
# *contested*, which is a finding too: on this evidence nobody should claim either.

# %%
threshold = settings.rules.threshold
plots.rulings_with_intervals(rulings, threshold=threshold)

# %% [markdown]
# ## What would flip it?
#
# Another rule, first. Each row is a clause, each column a rule laid over the very same ballots. A row of one letter is a ruling that
# does not hang on the choice of the rule; the others have to be defended by defending the rule.

# %%
plots.rule_sensitivity(rulings)

# %% [markdown]
# Another draw of assemblies, second. `stability` is the share of resamples of the assemblies that give the same status. And `why` says
# in words what made it so.

# %%
rulings.sort_values("stability")[["status", "support", "stability", "why"]].head(6)

# %% [markdown]
# ## Who disagrees?
#
# An average can hide a group that lost every time. Support by value group, for the adopted clause on which the groups differ most,
# and the reasons of those who opposed it, in their words.

# %%
standing = rulings.loc[rulings["status"].isin(["adopted", "contested"])].copy()
groups = standing["groups"].map(json.loads)
standing["apart"] = groups.map(lambda g: max(g.values()) - min(g.values()) if g else 0.0)
worst = standing.sort_values("apart").iloc[-1]
print(worst["status"], "-", worst["text"], "\n", json.loads(worst["groups"]))

# %%
ruling = next(r for r in folder.rulings() if r.id == worst["id"])
for dissent in ruling.dissent[:3]:
    print(f"{dissent.share:.0%} of those who voted: {dissent.reason}")

# %%
minorities = folder.minorities()
print(len(minorities), "minority reports" if minorities else
      "minority reports: every group that is large enough for its share of the adopted clauses has it")

# %% [markdown]
# ## Are they right?
#
# With people nobody knows. Here the will is planted: `truth/` holds what panels like these would support after the same procedure,
# found on hundreds of fresh panels that no stage of the pipeline has read. If the intervals are honest, about nine in ten hold it.
# Twelve clauses on one question are no test of that; `benchmarks/recovery.py` makes it on thousands.

# %%
plots.recovery(folder)

# %% [markdown]
# ## How many assemblies would settle it?
#
# An interval narrows with the number of assemblies, and with their size only as far as people who sat together are not alike: that part
# of the variance no further member takes away. `deliberate power` tells both parts and what they ask for, before money is spent; here for
# an interval a tenth wide, from what the synthetic public does on this question.

# %%
%%bash
deliberate power question=delegation --width 0.1 --sizes 6,12,24 --panels 60

# %% [markdown]
# ## What may be said
#
# Report status, support and interval together, name the rule and its threshold, say which rulings flip by another rule, and print
# the minority's reasons beside the majority's. `deliberate report` does all of that on one page. And say *simulated*: an interval here
# is about other panels of the same synthetic public, not about the distance from any real one.
