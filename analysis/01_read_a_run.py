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
# # 01 Read a run
#
# A run folder holds everything that was asked, said, voted and ruled, as plain files. This notebook opens one, walks from the
# people to the rulings, and ends where every reader should: at the sentence that a ruling rests on, and the persona who said it.
#
# The run is `transcripts/golden/assembly`: eight citizens' assemblies of ten on which decisions about
# people - who is hired, who receives a kidney, who gets a benefit - may be handed to an AI. **Everybody in it is simulated** by the synthetic public, which is a measuring instrument for
# this pipeline and no evidence of what any public thinks. With a language model as the panel every line below stays the same.

# %%
import deliberation as d
from deliberation.analysis import plots

RUN = "../transcripts/golden/assembly"
folder = d.RunFolder.existing(RUN)
content = folder.manifest().content
print(content.run, "| simulated:", content.simulated, "| answered by", content.models, "|", len(content.assemblies), "assemblies")

# %% [markdown]
# ## Who sat
#
# `panels` has a row for each seat. Attributes of the population are columns of their own, and so are the ten Schwartz values, from
# which the synthetic public's opinions come. A panel was drawn by lot under quotas; `selection.json` says with which chances.

# %%
panels = d.panels(RUN)
panels.groupby("attribute_age")["member"].count().rename("seats").to_frame()

# %%
print(panels.loc[0, "text"])

# %% [markdown]
# ## What was said
#
# `turns` has a row for everything said in the open: speeches, testimony, questions, drafts. Private acts (polls, ballots,
# judgments) have frames of their own. The first question of any transcript is who got the floor, and in which phase.

# %%
turns = d.turns(RUN)
turns.groupby(["phase", "kind"], sort=False).size().rename("turns").to_frame()

# %% [markdown]
# One exchange, as it stands in the record. `considerations` are the reasons of the question's argument map that a turn puts forward,
# and `stances` says whether it asserts (1) or rejects (-1) each of them; `refs` are the turns that it replies to.

# %%
first = turns.loc[turns["assembly"] == content.assemblies[0]]
for _, turn in first.loc[first["kind"] == "spoke"].head(4).iterrows():
    print(f"{turn['speaker']}, {turn['phase']} round {turn['round']}, table {turn['table']}\n    {turn['text']}\n")

# %% [markdown]
# The whole argument map of the question; a node is larger and darker the more of the speakers brought that reason up. Reasons that nobody raised are part of
# the result: a transcript can only be distilled into what was said.

# %%
plots.argument_map(d.stored_settings(RUN).question, support=turns)

# %% [markdown]
# ## What was ruled
#
# Members vote in private, each assembly is one observation, and the interval is about the mean support over assemblies, not about
# single votes: people who sat together are not independent. A clause is adopted only where the interval's evidence says so.

# %%
rulings = d.rulings(RUN)
rulings[["status", "support", "low", "high", "stability", "text"]]

# %%
plots.rulings_with_intervals(rulings, threshold=2 / 3)

# %% [markdown]
# ## Why: from a ruling back to a sentence
#
# Each clause names the sentences it rests on, word for word, for it and against it. The chain of ids can be walked both ways.
# Here is the best supported clause, what it rests on, and who said that.

# %%
best = rulings.sort_values("support", ascending=False).iloc[0]
clause = next(c for c in folder.clauses() if c.id == best["clause"])
print(best["status"], f"{best['support']:.0%}", f"[{best['low']:.2f}, {best['high']:.2f}]", "-", clause.text, "\n")
names = panels.set_index("member")["name"]
said = turns.set_index("id")
for source in clause.sources[:4]:
    speaker = said.loc[source.event, "speaker"]
    print(f"  {source.stance:>8}  {names.get(speaker, speaker)}: \"{source.quote}\"")

# %%
graph = d.lineage(folder)
found = d.trace(graph, best["id"])
print(len(found.rests_on), "records stand behind this ruling:", sorted({node.kind for node in found.rests_on}))

# %% [markdown]
# ## What to do next
#
# `deliberate report RUN` makes one HTML page of all this that works without a network, for readers who do not live in notebooks.
# `deliberation.write_frames(RUN, "tables")` writes every frame as Parquet. Notebook 02 asks whether minds changed, 03 whether the rulings
# can be believed. Several runs read the same way: give a list of folders, or a glob such as `"sweep/*"`, and group by `run`.
