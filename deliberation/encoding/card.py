"""The dataset card: what an encoding holds, how it came about, what is wrong with it, how it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from deliberation.encoding.evals import TASK
from deliberation.encoding.leakage import LIMIT, Leakage
from deliberation.records.base import plain
from deliberation.records.encoding import ROWS, SAMPLES, FailedRow, Recognition, Split
from deliberation.records.files import write_whole
from deliberation.records.specification import Clause

WHAT = "Rows that an alignment process can train or test on, from rulings and judgments."
_BASES = {"judged": "on judged cases", "clause": "on clauses", "given": "given"}


class Card(NamedTuple):
    """All that a card tells.

    `rows`: by format, how many on what; `recognitions`: what readers took examples for, empty where nobody read them;
    `given`: the name and hash of a file of pairs; `unasked`: clauses on which no prompt bears.
    """

    title: str
    licence: str
    split: Split
    simulated: bool
    specification: bool
    system: str | None
    rows: Mapping[str, Counter[str]]
    failed: Sequence[FailedRow]
    recognitions: Sequence[Recognition]
    leaks: Sequence[Leakage]
    unasked: Sequence[Clause]
    given: tuple[str, str] | None

    @property
    def loadable(self) -> list[str]:
        """Formats with a Parquet file that has rows; a data set without any cannot be loaded."""
        return [form for form, counts in self.rows.items() if form in ROWS and counts.total()]

    @property
    def machine(self) -> bool:
        """Whether something in it was not said or written by people."""
        return self.simulated or any(counts["clause"] for counts in self.rows.values())

    @property
    def origin(self) -> str:
        """Who made it, in a sentence or two."""
        if self.simulated:
            return "They were made by simulated people. They are not the opinion of any public."
        written = " Replies on clauses were written by a machine." if self.machine else ""
        return f"They rest on the votes of people, imported.{written}"


def write_card(folder: Path, card: Card) -> None:
    """Write `README.md`."""
    parts = [_front(card), _what(card), _columns(card), _checks(card), _left_out(card), _use(card)]
    write_whole(folder / "README.md", "\n".join(part for part in parts if part))


def _front(card: Card) -> str:
    configs = "\n".join(
        f"  - config_name: {form}\n    data_files:\n      - split: {card.split}\n        path: {form}.parquet"
        for form in card.loadable
    )
    tags = [*(["synthetic"] if card.machine else []), "deliberation", "alignment", "trl"]
    return f"""---
license: {card.licence.lower()}
annotations_creators: [{"machine-generated" if card.machine else "crowdsourced"}]
source_datasets: [original]
tags: [{", ".join(tags)}]
{f"configs:{chr(10)}{configs}" if configs else "configs: []"}
---
# {plain(card.title)}
"""


def _what(card: Card) -> str:
    listed = "\n".join(f"- `{_file(form)}`: {_counted(counts)}" for form, counts in card.rows.items())
    spec = (
        "The specification that they rest on is in `spec/` of the run, or in the repository that this was exported to."
        if card.specification
        else "There is no specification: ranked answers are all that was asked for, and rows name no clause."
    )
    parts = [f"{WHAT} {card.origin}", listed, spec]
    if card.system:
        parts += ["Every prompt begins with this system prompt, but for `hh`, whose format knows none:"]
        parts += [f"> {plain(card.system)}"]
    if card.given:
        name, mark = card.given
        told = (
            f"Given pairs are those of `{name}` (sha256 `{mark}`), word for word, under their own licence: `basis` is"
        )
        parts += [f"{told} `given`, `simulated` false."]
    return "\n\n".join(parts) + "\n"


def _file(form: str) -> str:
    return {"constitution": "constitution.json", "inspect": SAMPLES}.get(form, f"{form}.parquet")


def _counted(counts: Counter[str]) -> str:
    total = counts.total()
    by = ", ".join(f"{counts[basis]} {words}" for basis, words in _BASES.items() if counts[basis])
    return f"{total} row{'s' * (total != 1)}" + (f" ({by})" if by else "")


def _columns(card: Card) -> str:
    return f"""## Columns

Every row names the clauses and rulings it rests on (`clause_ids`, `ruling_ids`), the share behind it (`support`) and
against it (`dissent`), its run, its split and whether it is `simulated`. `basis`: `judged` rests on members' rankings
of a case's replies, `clause` on a worked example of a clause, `given` on a file of others. `contested` marks rows that
rest on clauses none of which was adopted. `soft_label` is the share that prefers `chosen`, `agreement` twice that less
one. Train and test are split by question, by a hash of its id: all that rests on one question, in whichever run, stands
on one side, so no clause is ever on both. All rows here are for {"training" if card.split == "train" else "testing"}.
"""


def _checks(card: Card) -> str:
    parts = ["## Checks", _round_trip(card.recognitions)]
    if card.leaks:
        parts += [
            f"""Style: how often length and punctuation alone tell the chosen reply, by a logistic regression that is
tried on cases it did not learn from. Near 50% is good; at {LIMIT:.0%} and more style gives the label away.""",
            "\n".join(_leak(one) for one in card.leaks),
        ]
    return "\n\n".join(parts) + "\n"


def _round_trip(recognitions: Sequence[Recognition]) -> str:
    if not recognitions:
        return "Round trip: nobody was asked to tell examples apart."
    read = [one for one in recognitions if one.clause is not None]
    right, sides = sum(one.right for one in read), sum(bool(one.complies) for one in read)
    share = f"{right / len(read):.0%}" if read else "none"
    unread = len(recognitions) - len(read)
    return f"""Round trip: from the two replies alone a reader told both which clause they are of and which complies in
{right} of {len(read)} examples ({share}), and which complies in {sides}; {unread} had no readable answer. Examples that
were not told right make no rows."""


def _leak(one: Leakage) -> str:
    longer = f"chosen is the longer one in {one.longer:.0%}"
    where = f"- pairs {_BASES[one.basis]}: "
    if one.accuracy is None or one.interval is None:
        return f"{where}too few to tell ({one.pairs}); {longer}"
    low, high = one.interval
    word = "" if one.accuracy < LIMIT else " **Style gives the label away.**"
    return (
        f"{where}{one.accuracy:.0%} (95% interval {low:.0%} to {high:.0%}; {one.pairs} pairs in {one.groups} groups); "
        f"{longer}.{word}"
    )


def _left_out(card: Card) -> str:
    counts = Counter((one.format, one.reason) for one in card.failed)
    lines = ["## What was left out", ""]
    lines += [f"- `{form}`: {number} `{reason}`" for (form, reason), number in sorted(counts.items())]
    lines += ["Nothing."] if not counts else ["", "Each is listed in `failures.jsonl`, with its reason."]
    if card.unasked:
        lines += ["", "No prompt here bears on these clauses, so nothing is learnt or tested about them:", ""]
        lines += [f"- `{clause.id}` {plain(clause.text)}" for clause in card.unasked]
    return "\n".join(lines) + "\n"


_TRAINERS = {
    "preferences": "`trl.DPOTrainer`, `trl.RewardTrainer` (which weighs pairs if `agreement` is renamed `margin`)",
    "unpaired": "`trl.KTOTrainer`",
    "sft": "`trl.SFTTrainer`",
    "prompts_rubrics": "`trl.GRPOTrainer`, whose reward functions are handed `rubric`, `spec_excerpt` and the rest",
    "document": "`trl.SFTTrainer`, as plain text",
    "hh": "whatever reads HH-RLHF",
}


def _use(card: Card) -> str:
    lines = ["## How it is read", "", "In the folder that holds this file:", "", "```", "pip install datasets"]
    loadable = card.loadable
    first = loadable[0] if loadable else "preferences"
    lines += [
        f"python -c \"import datasets; print(datasets.load_dataset('$PWD', '{first}', split='{card.split}')[0])\""
    ]
    lines += ["pip install mlcroissant", "mlcroissant validate --jsonld croissant.json"]
    if "inspect" in card.rows:
        lines += ["pip install inspect-ai", f"inspect eval {TASK.as_posix()} --model MODEL --model-role grader=JUDGE"]
    lines += ["```", ""]
    lines += [f"- `{form}`: {_TRAINERS[form]}" for form in loadable if form in _TRAINERS]
    return "\n".join(lines) + "\n"


def unasked_rows(run: str, clauses: Iterable[Clause]) -> list[FailedRow]:
    """Clauses on which no prompt bears, as failed rows."""
    return [
        FailedRow(
            format="all", of=clause.id, reason="no_prompt", detail="no judged case and no sound example bears on it",
            clause_ids=(clause.id,), run=run,
        )
        for clause in clauses
    ]  # fmt: skip
