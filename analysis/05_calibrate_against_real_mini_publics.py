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
# # 05 Calibrate against real mini-publics
#
# A simulated public is worth as much as its agreement with a real one that it has not seen. Two sets of real before-and-after data are
# open, and this notebook reads both in the files as published:
#
# - **24 deliberative mini-publics** (526 people; considerations rated, options ranked), from `human_data.csv` of the R package
#   [deliberr](https://github.com/gumbelino/deliberr) (MIT);
# - **America in One Room 2019** (523 people, 48 items), Fishkin, Siu, Diamond and Bradburn 2021, APSR, deposit
#   [doi:10.7910/DVN/KJ8IH2](https://doi.org/10.7910/DVN/KJ8IH2) (CC0), as `cleaned_dataset.csv` with the wording in `just_questions.csv`.
#
# Neither belongs to this project. Put them below a folder as `deliberative_reason_index/` and `america_in_one_room/`, and name the folder
# in `DELIBERATION_DATA`. Without them the cells that need them say so, and the rest runs on published figures.

# %%
import os
from pathlib import Path

import pandas as pd
from IPython.display import display

import deliberation as d
from deliberation.analysis import bands, calibration, deliberated, humans, opinion, parties, plots, reasons, synthetic_items

DATA = Path(os.environ.get("DELIBERATION_DATA", "../../shared/data"))
publics_file, room_file = DATA / "deliberative_reason_index/human_data.csv", DATA / "america_in_one_room/cleaned_dataset.csv"
print("mini-publics:", publics_file.exists(), "| America in One Room:", room_file.exists())

# %% [markdown]
# ## Do reasons and preferences come to hang together?
#
# The Deliberative Reason Index (DRI) of two people is high where they agree on preferences as far as on considerations. The plain index
# is well above nothing on pure noise, and rises whenever people come to agree, so each stands beside its **permutation null**: the same
# considerations with preferences shuffled over people. The adjusted index discounts pairs that agree on nothing.

# %%
changes = {}
if publics_file.exists():
    for case in humans.mini_publics(publics_file):
        changes[f"{case.study}: {case.case}"] = reasons.reason_change(case.before, case.after, seed=7, shuffles=200)

table = pd.DataFrame(
    [{"case": name, "n": c.people, "plain before": c.before.plain, "null": c.before.null_plain, "after": c.after.plain, "null after": c.after.null_plain,
      "adjusted before": c.before.adjusted, "adj. null": c.before.null_adjusted, "adjusted after": c.after.adjusted, "adj. null after": c.after.null_adjusted}
     for name, c in changes.items()]
)
table.round(3) if len(table) else print("no data: see above")

# %%
if changes:
    mean = table.drop(columns="case").mean()
    rise = (table["after"] - table["plain before"], table["null after"] - table["null"])
    excess = rise[0] - rise[1]
    print(f"plain DRI {mean['plain before']:.3f} -> {mean['after']:.3f}, it rises in {(rise[0] > 0).mean():.0%} of the cases;")
    print(f"its null  {mean['null']:.3f} -> {mean['null after']:.3f};")
    print(f"beyond the null {excess.mean():+.3f} (SE {excess.std(ddof=1) / len(excess) ** 0.5:.3f}).")

# %% [markdown]
# That is the most useful sobering figure in this field: nearly all of the published rise of DRI is what growing consensus gives by itself.
# Whoever reports that an LLM panel's DRI rose has reported next to nothing until the null is beside it.

# %%
plots.reason_index(dict(list(changes.items())[:12]), measure="plain", simulated=False) if changes else None

# %% [markdown]
# The simulated assemblies of `transcripts/golden/assembly`, with the same measure.

# %%
RUN = "../transcripts/golden/assembly"
summary = deliberated.reason_summary(deliberated.run_reason_index(RUN, shuffles=200))
shown = ["plain", "null_plain", "excess_plain", "adjusted", "null_adjusted", "excess_adjusted"]
summary.loc[summary["measure"].isin(shown), ["measure", "group", "value", "low", "high", "n"]].round(3)

# %% [markdown]
# Assembly by assembly: circle before, arrow to after; the hatched bar is where consensus alone goes. What is beyond the bar is evidence, and
# with ten people at a table there is little of it either way.

# %%
def answers(assembly, last):
    """Considerations and preferences of one assembly's members at their first or last rating, people in one order."""
    sheets = []
    for frame, item in ((d.weighings(RUN), "consideration"), (d.polls(RUN), "position")):
        own = frame.loc[(frame["assembly"] == assembly) & (frame["last"] if last else frame["poll"] == 0)]
        sheets.append(own.pivot(index="member", columns=item, values="rating").sort_index().to_numpy(dtype=float))
    return tuple(sheets)


rooms = d.panels(RUN)["assembly"].unique()
own = {f"assembly {k + 1}": reasons.reason_change(answers(one, False), answers(one, True), seed=7, shuffles=200) for k, one in enumerate(rooms)}
plots.reason_index(own, measure="plain", simulated=True)

# %% [markdown]
# ## America in One Room: did the parties come closer?
#
# The gap between Democrats and Republicans on each item, before and after, with the small group as the cluster. There is no control
# arm in this file, and gaps that are widest by chance narrow by chance, so this is a description of what happened there.

# %%
if room_file.exists():
    room, wording = humans.one_room(room_file), humans.one_room_items(room_file.with_name("just_questions.csv"))
    gaps = parties.party_gap(room.before, room.after, room.party, room.group, items=room.items)
    together = parties.mean_party_gap(room.before, room.after, room.party, room.group, items=room.items)
    print(f"mean gap {together.first:.3f} -> {together.last:.3f}, narrowed by {together.narrowing:.3f} [{together.low:.3f}, {together.high:.3f}];",
          f"narrower on {together.narrowed:.0%} of {together.items} items, surely on {together.surely:.0%}")
    display(gaps.round(3))
else:
    print("no data: see above")

# %%
if room_file.exists():
    short = {item: wording[item].split("]")[0].lstrip("[")[:60] for item in room.items}
    display(plots.party_gap(gaps.sort_values("narrowing", ascending=False).head(20), labels=short, simulated=False))

# %% [markdown]
# ## A synthetic panel beside it
#
# The embedded public is put to the wording of every item, in forty panels of thirteen. It does not know what the items are about: the
# argument map of an unknown question is **drawn by lot from its text**, so that a match on one item can only be chance. It is a null model:
# what a deliberating public that knows nothing of America would do. An LLM panel has to beat this before it has shown anything.
#
# Each item is classed by intervals and a margin of .05 of the scale (within which a difference does not matter): *match*, *overshoot*,
# *undershoot*, *reversal*, *rigidity*, or *undecided* where the intervals cannot tell (after Wali and Tayyab 2026).

# %%
if room_file.exists():
    simulated = synthetic_items.synthetic_items({item: wording[item] for item in room.items})
    human_shift = opinion.shift(room.before, room.after, room.group)
    simulated_shift = opinion.shift(simulated.before, simulated.after, simulated.group)
    classed = calibration.classify(human_shift, simulated_shift, items=room.items)
    display(classed.round(3))
    print(calibration.summary(classed))
else:
    print("no data: see above")

# %%
if room_file.exists():
    display(plots.calibration(classed, margin=calibration.MARGIN))

# %% [markdown]
# How many matches would there be if it were drawn by lot which simulated item stands for which human one? If the counts above are like
# these, the matching has told us nothing. Matches are a weak sign anyway: between two random halves of the *real* people most items are
# undecided and hardly more match than by lot. What tells is the correlation of changes (near 1 between halves of people), reversals (none
# there) and rigidity (next to none).

# %%
if room_file.exists():
    print(calibration.by_lot(human_shift, simulated_shift, seed=7))

# %%
if room_file.exists():
    sides = sorted(set(simulated.segment) - {""})
    pair = max(((a, b) for a in sides for b in sides if a < b),
               key=lambda p: parties.mean_party_gap(simulated.before, simulated.after, simulated.segment, simulated.group, items=simulated.items, pair=p).first)
    imitated = parties.mean_party_gap(simulated.before, simulated.after, simulated.segment, simulated.group, items=simulated.items, pair=pair)
    print(f"widest pair of value groups, {pair[0]} against {pair[1]}: mean gap {imitated.first:.3f} -> {imitated.last:.3f};",
          f"the parties: {together.first:.3f} -> {together.last:.3f}")

# %% [markdown]
# The synthetic public's value groups are nearer to one another than America's parties are: it has no party identity, and that is one of the
# things it cannot be evidence of.
#
# ## Human bands
#
# Every figure of real mini-publics that a run is held against, with its source. They stand in `answers/human_bands.yaml`; nothing that
# takes part in a run reads them.

# %%
pd.DataFrame([{"measure": b.label, "human": b.target, "low": b.low, "high": b.high, "source": b.source} for b in bands.bands().values()])

# %% [markdown]
# ## What may be said
#
# *"On 48 items the panel's change matched the human one on k, against m expected by lot"* is a finding about a simulated public. To call
# a panel valid for a question, calibrate it on held-out items of the same kind, with the human split-half error as the ceiling, before
# looking at its answer.
