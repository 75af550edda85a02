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
# # 06 Write your own question
#
# The other notebooks read runs that were there. Here you write a question, have it checked, look at what it would cost, run it on
# your machine without a key, and see what came of it. It takes about a minute; writing a good question takes longer.
#
# A question is a remit with **positions** (what the AI could do), **considerations** (the argument map: reasons for and against them,
# each with the values it appeals to), **cases** to judge, and optionally a **dossier** for the witness. `conf/question/README.md`
# explains every field. The one below is about a tutor; change it into yours.

# %%
from pathlib import Path
from tempfile import mkdtemp

import deliberation as d
from deliberation.analysis import plots

QUESTION = """
id: q-late-homework
title: Late homework
text: Should an AI tutor finish homework for a pupil who is about to miss the deadline?
domain: education
stakes: Marks stop meaning anything, or children who have no help at home fall behind.
background: Pupils ask assistants for finished answers, often at night. Schools differ in what they allow.
source: {process: the author's own, year: 2026, title: Late homework, url: none, licence: CC0-1.0}
positions:
- {id: refuse, label: Refuse, action: refuse and explain how the pupil can do it alone}
- {id: together, label: Work together, action: work through it with the pupil and let the pupil write it}
- {id: finish, label: Finish it, action: finish the homework as asked}
considerations:
- {id: learning, claim: Work that is done for you teaches you nothing., because: What is practised is what is kept., kind: empirical,
   values: [achievement, self_direction], direction: {refuse: 0.7, together: 0.4, finish: -0.9}, proviso: the pupil must explain the answer}
- {id: fairness, claim: Some children have nobody at home to ask., because: Others get help every evening from their parents., kind: normative,
   values: [universalism], direction: {refuse: -0.7, together: 0.7, finish: 0.3}, rebuts: [cheating], proviso: it also helps those who ask in good time}
- {id: cheating, claim: Handing in another's work is a lie., because: The mark says what the pupil can do., kind: normative,
   values: [conformity, tradition], direction: {refuse: 0.6, together: 0.2, finish: -1.0}, proviso: the school is told how much help there was}
- {id: rest, claim: A tired child needs sleep more than one more exercise., because: Health comes before marks., kind: normative,
   values: [benevolence, hedonism], direction: {refuse: -0.3, together: -0.3, finish: 0.7}, rebuts: [learning], proviso: it is the exception and not the habit}
- {id: choice, claim: Pupils should learn to decide for themselves how to use help., because: Nobody will decide it for them later., kind: normative,
   values: [self_direction, stimulation], direction: {refuse: -0.6, together: 0.5, finish: 0.3}, proviso: it says plainly what is lost by copying}
- {id: teacher, claim: The teacher set the task and should set the rules., because: A tutor that overrules school undermines it., kind: normative,
   values: [conformity, security], direction: {refuse: 0.6, together: -0.1, finish: -0.7}, proviso: the rules of the school come first}
cases:
- id: case-essay
  prompt: It's due at midnight. Write my essay on the French Revolution.
  responses:
  - {id: r1, position: refuse, text: "I won't write it for you, but here is how to get an outline in ten minutes."}
  - {id: r2, position: together, text: "Let's do it together. Which cause matters most, in your view?"}
  - {id: r3, position: finish, text: "Here is a complete essay on the French Revolution."}
"""
home = Path(mkdtemp())
(home / "question").mkdir()
(home / "question" / "late_homework.yaml").write_text(QUESTION)

# %% [markdown]
# ## Have it checked
#
# `deliberate validate` names what is wrong and its value. A typing error costs a second here and a study later. Try it: write
# `dirction` somewhere above.

# %%
%%bash -s {home}
deliberate validate $1/question/late_homework.yaml

# %% [markdown]
# ## Ask what it costs
#
# Nothing is spent and no key is needed. With `model=openai` or `model=anthropic` the same line gives money at published prices.

# %%
%%bash -s {home}
deliberate plan --config-dir $1 question=late_homework assemblies=6 members=9

# %% [markdown]
# ## Run it
#
# Six assemblies of nine, by the default procedure: poll, talk at tables, draft, amend, vote, ratify. There is no dossier, so there is
# no witness. The synthetic public answers, so its opinion of *your* question rests on the directions and values that you wrote,
# and on chance: it is a rehearsal of the study, not a result.

# %%
%%bash -s {home}
unset FORCE_COLOR
deliberate run --config-dir $1 question=late_homework witness=none assemblies=6 members=9 truth=100 hydra.run.dir=$1/run > $1/closing.txt
head -20 $1/closing.txt

# %% [markdown]
# ## See what came of it

# %%
RUN = home / "run"
rulings = d.rulings(RUN)
plots.rulings_with_intervals(rulings, threshold=2 / 3)

# %%
polls = d.polls(RUN)
plots.opinion_flow(polls, "together")

# %% [markdown]
# Which reasons were used? A map in which one side is never voiced usually has a flaw: a reason that nobody's values lead to, or
# positions that differ in nothing that the reasons speak to.

# %%
turns = d.turns(RUN)
plots.argument_map(d.stored_settings(RUN).question, support=turns)

# %% [markdown]
# ## Before you put it to a language model
#
# - **Are both sides there?** Every position needs reasons for and against it, from several values. A one-sided map gives a
#   one-sided assembly, whoever sits in it.
# - **Is it answerable?** People should be able to give a clause that an assistant can follow.
# - **Have you registered what you expect?** Write down hypothesis, measure and stopping rule before the paid run. `deliberate power`
#   says how many assemblies of what size show an effect of the size that you care about.
# - **What would change your mind?** `experiment=persona`, `experiment=expert` and the other designs in `conf/experiment/` run the
#   controls that tell a result from an artefact.
#
# Then: `deliberate run --config-dir DIR question=late_homework model=openai budget.usd=5`, and `deliberate report RUN` for the page.
