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
# # 04 Compare processes
#
# Which process for setting a target is to be trusted is the open question of this field, and seldom can two be tried on the same
# people. Here three are: a citizens' assembly, a parliament of weighted parties, and a plain poll without any talk. Same question
# (which decisions about people may be handed to an AI), same seed. **All of it is simulated**: what differs below is what the
# *process* does with one synthetic public, and the same cells read runs of language models.

# %%
from pathlib import Path

import deliberation as d
from deliberation.analysis import comparison, opinion, plots

GOLDEN = Path("../transcripts/golden")
PROCESSES = ["assembly", "parliament", "plain_poll"]
paths = [GOLDEN / name for name in PROCESSES]
found = comparison.compare(comparison.opened(paths, [d.stored_settings(path) for path in paths]))

# %% [markdown]
# ## What each came to
#
# Clauses of different processes are worded differently, so they are set side by side by what they say on the question's positions. Bars
# are the last poll with twice its standard error, triangles what was ruled for (up) or against (down) the position, circles and
# diamond the planted will before (W0), after that process (W1) and at full consideration (W2).

# %%
for stand in found.processes[0].stands:
    print(stand.position, "-", stand.label)
plots.processes_compared(found, found.processes[0].stands[0].position)

# %%
plots.processes_compared(found, found.processes[0].stands[-1].position)

# %% [markdown]
# Look at the distance between the circles of one row, then between rows. W1 is not one truth that processes find more or less well: each
# process has its own, and that is the point. Which of them deserves to bind an AI is not an empirical question alone; how far
# apart they are is.

# %% [markdown]
# ## What each ruled
#
# The statuses, and the clauses that the assembly adopted. A process without drafting rules on stock clauses, one for each position.

# %%
rulings = d.rulings(paths)
names = {d.RunFolder.existing(path).manifest().content.run: path.name for path in paths}
rulings["process"] = rulings["run"].map(names)
rulings.groupby(["process", "status"]).size().unstack(fill_value=0).loc[PROCESSES]

# %%
for _, row in rulings.loc[rulings["status"] == "adopted"].sort_values("support", ascending=False).groupby("process").head(2).iterrows():
    print(f"{row['process']:<11} {row['support']:.0%} [{row['low']:.2f}, {row['high']:.2f}]  {row['text']}")

# %% [markdown]
# ## What each did to opinion
#
# Net change of the mean rating by position, and whether people came closer (`sd_last` below `sd_first`). A poll that asks once shows no
# change, and says so by leaving it empty, never by a nought.

# %%
polls = d.polls(paths).assign(process=lambda frame: frame["run"].map(names))
change = opinion.opinion_change(polls).assign(process=lambda frame: frame["run"].map(names))
change[["process", "position", "first", "last", "net", "net_low", "net_high", "gross", "sd_first", "sd_last"]].round(3)

# %%
plots.opinion_change(change.loc[change["process"] == "parliament"], labels={s.position: s.label for s in found.processes[0].stands})

# %% [markdown]
# ## Whose difference is it?
#
# The panels of the assembly and of the poll are the same people, drawn by lot; a parliament seats others, its members stand for weighted
# parties. So the first two can be compared panel by panel, and the third is another public as well as another process. `deliberate contrast`
# pairs what can be paired, and says what could not.

# %%
%%bash
unset FORCE_COLOR
deliberate contrast ../transcripts/golden/plain_poll ../transcripts/golden/assembly --control plain_poll

# %% [markdown]
# ## What it cost

# %%
{process.name: f"{process.people} people, {process.calls:,} calls, {process.tokens:,} tokens" for process in found.processes}

# %% [markdown]
# ## What may be said
#
# That on this question, with this public, two processes differ by so much, with that interval; for a claim about processes, take
# several questions (`question=a,b,c`), for then the question is the unit and not the panel. `deliberate compare RUN... --to DIR`
# writes this table and figure; DIR can go into a paper's appendix as it is.
