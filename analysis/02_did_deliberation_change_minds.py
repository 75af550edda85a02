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
# # 02 Did deliberation change minds?
#
# "People changed their minds" is easily said of any two polls: ask twice, and some answers differ. This notebook asks the question so
# that the answer can be no. It looks at net and gross change with the assembly as the unit, holds the run against arms in which
# the same people did *not* deliberate, asks whether it was reasons or the majority that moved them, and whether reasons and
# preferences hang together better afterwards than consensus alone would make them.
#
# All runs are in `transcripts/golden`, on which decisions about people may be handed to an AI; the same ten people in each of eight
# panels, the same seed. **All of it is simulated.** What is shown about the synthetic public is how the instruments read, not what people think.

# %%
import pandas as pd

import deliberation as d
from deliberation.analysis import bands, conformity, contrasts, deliberated, estimates, networks, opinion, plots, talk

GOLDEN = "../transcripts/golden/"
RUN = GOLDEN + "assembly"
folder, question = d.RunFolder.existing(RUN), d.stored_settings(RUN).question
polls, turns, panels = d.polls(RUN), d.turns(RUN), d.panels(RUN)
labels = {position.id: position.label for position in question.positions}

# %% [markdown]
# ## Net and gross
#
# Net change is what a headline reports: the mean moved by so much. Gross change is how much each person moved, whichever way. Where net
# is small and gross is not, changes cancel. The interval of the net change takes the assembly as the unit, for people who
# talked with one another did not change independently.

# %%
change = opinion.opinion_change(polls)
change[["position", "first", "last", "net", "net_low", "net_high", "gross", "switched", "sd_first", "sd_last"]].round(3)

# %%
plots.opinion_change(change, labels=labels)

# %% [markdown]
# Means hide the traffic. Ribbons show who went where: against, undecided, for.

# %%
moved = change.assign(size=change["net"].abs()).sort_values("size").iloc[-1]["position"]
plots.opinion_flow(polls, moved, label=labels[moved])

# %% [markdown]
# ## Would they have changed anyway?
#
# The same people in three other arms: `reflection` asks again after thinking alone, `vacuous` after talk in which stances are told
# without reasons, `talk` after talk with reasons. The share of first choices that flip comes apart into instability (asking twice),
# conformity (hearing where others stand) and persuasion (hearing why).

# %%
arms = {name: d.RunFolder.existing(GOLDEN + name) for name in ("reflection", "vacuous", "talk")}
flips = contrasts.decompose_flips(arms["reflection"], arms["vacuous"], arms["talk"], question)
{name: round(share, 3) for name, share in flips.items()}

# %%
frames = {name: d.polls(GOLDEN + name) for name in arms}
gross = {name: opinion.opinion_change(frame)["gross"].mean() for name, frame in frames.items()}
gross["assembly"] = change["gross"].mean()
{name: round(value, 3) for name, value in gross.items()}

# %% [markdown]
# Read the second row beside the first. If asking twice alone gives most of the gross change, then most of what a before-and-after
# table shows is noise, and only what the arms add to it is deliberation. With 80 people and eight assemblies small shares are
# not told apart from nothing; `experiment=deliberation` runs the design at a size of your choice, and `deliberate contrast` gives intervals.
#
# ## Reasons, or the majority?
#
# Inside one run: of those who first disagreed with most of their table, how many went over, and had these heard an argument for it that
# was new to them? Going over without one is what conformity looks like. It is no proof, for arguments and majorities come together.

# %%
found = conformity.conformity(turns, polls, panels, question)
estimates.summary(conformity.conformity_rows(found, [found["run"].iloc[0]])).round(3)

# %% [markdown]
# ## Who took which argument over from whom
#
# An arrow from one person to another: the second made an argument for the first time after it had heard the first make it. Turns are
# scheduled here, so how *often* somebody speaks is the schedule's doing; whose arguments are taken up is not.

# %%
one = folder.manifest().content.assemblies[0]
plots.reply_network(networks.influence_graph(turns.loc[turns["assembly"] == one], panels.loc[panels["assembly"] == one]), title="Whose arguments were taken over by whom")

# %%
talk.talk_summary(turns, panels, polls=polls, question=question).query("group.isna()").round(3)

# %%
plots.rarefaction(talk.rarefaction(turns))

# %% [markdown]
# The curve flattens where talk has brought up what it will bring up. Panels of language models are known to be narrow here, with
# ordinary scores of discourse quality, so a score without this curve proves little.
#
# ## Do reasons and preferences hang together?
#
# The Deliberative Reason Index asks of every two people whether they agree on preferences as far as they agree on considerations. It
# rises with consensus alone, even where reasons and preferences have nothing to do with each other; so it is never shown here without
# its permutation null (preferences shuffled over people), and only the excess over that null is evidence. The members of this
# run rated the considerations before and after.

# %%
indices = deliberated.run_reason_index(RUN, shuffles=200)
shown = ["plain", "null_plain", "excess_plain", "adjusted", "null_adjusted", "excess_adjusted", "agreement_considerations"]
summary = deliberated.reason_summary(indices)
summary.loc[summary["measure"].isin(shown), ["measure", "group", "value", "low", "high", "n"]].round(3)

# %% [markdown]
# ## Beside real mini-publics
#
# What people did when they deliberated, from published figures. Being inside a band is no proof that a public is like people; being
# outside is a reason to look. Items and scales differ, as the notes of each band say.

# %%
placed = bands.placed(folder, question)
pd.DataFrame([{"measure": p.band.label, "run": p.value, "human": p.band.target, "low": p.band.low, "high": p.band.high, "within": p.within}
              for p in placed if p.value is not None]).round(3)

# %% [markdown]
# ## What may be said
#
# *"In eight simulated panels the mean rating moved by so much (90% interval, assembly as the unit), of which asking twice accounts for so
# much"* may be said. *"Deliberation convinces people"* may not: these are computed people, whose susceptibility is a parameter.
# Put a language model in the seats (`model=openai`), and the same cells tell how it differs from this null model and from people.
