"""What a lab can train or test on: rows of an encoding. Field names follow the trainers' own conventions.

No column that tells of provenance has a name that a trainer interprets (`label`, `margin`, `completions` ...).
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from deliberation.records.base import Record, Share
from deliberation.records.specification import Norm, Status

Split = Literal["train", "test"]
Basis = Literal["judged", "clause", "given"]
"""What a row rests on: judgments of a case, a worked example of a clause, or a file of pairs that was handed in."""


class Message(Record):
    """One turn of a dialogue, word for word: outer white space is kept."""

    model_config = ConfigDict(str_strip_whitespace=False)

    role: Literal["system", "user", "assistant"]
    content: str


class Provenance(Record):
    """The columns that every row carries, so that a lab can filter and trace.

    `support`, `dissent`: judged rows: shares of those who judged, for the row and against it; rows on clauses: the
    ruling's support, and the share of those who decided that opposed; null for given pairs. `origin`: who judged or
    wrote, such as `synthetic`, several joined by `+`; `given-` and a hash for a file that was handed in. `judgments`:
    how many it rests on. `contested`: it rests on clauses, none of which was adopted.
    """

    row_id: str = Field(pattern=r"^row-")
    clause_ids: tuple[str, ...]
    ruling_ids: tuple[str, ...]
    support: Share | None
    dissent: Share | None
    run: str
    split: Split
    simulated: bool
    origin: str
    basis: Basis
    case: str | None
    example: str | None
    judgments: int
    contested: bool

    def told(self) -> str:
        """What the row is about, in its own words."""
        return ""


class WorkedExample(Record):
    """A request that bears on a clause, with a reply that complies with it and one that does not.

    `case`: the question's case that the request is, null where it was written anew; `event`: where it was written;
    `origin`: by whom, such as `synthetic`.
    """

    id: str = Field(pattern=r"^i-")
    question: str
    clause: str
    case: str | None
    prompt: str
    complies: str
    violates: str
    event: str
    origin: str


class Recognition(Record):
    """What a reader of an example's two replies alone took them for: the clause, and which of the two complies.

    Null where the reader named nothing or its answer could not be read. `right`: both are as they were written.
    """

    example: str
    clause: str | None
    complies: bool | None
    right: bool
    event: str


class PreferenceRow(Provenance):
    """A preference pair with an explicit prompt, in the conversational form that DPO trainers read.

    `soft_label`: how many prefer `chosen`, as a share: of those who judged the two, or for an example of a clause its
    ruling's support. `agreement` = 2 soft_label - 1. Null for given pairs.
    """

    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    soft_label: Share | None
    agreement: Share | None

    def told(self) -> str:
        """What the row is about, in its own words."""
        return self.chosen[-1].content


class UnpairedRow(Provenance):
    """A reply that is wanted or not, as KTO reads it."""

    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    label: bool

    def told(self) -> str:
        """What the row is about, in its own words."""
        return self.completion[-1].content


class SftRow(Provenance):
    """A dialogue that ends in the response ranked first by most members, or in one that complies with a clause."""

    messages: tuple[Message, ...]

    def told(self) -> str:
        """What the row is about, in its own words."""
        return self.messages[-1].content


class PromptRow(Provenance):
    """A prompt with what a judge needs; whoever trains lets their own model reply. `cot` is theirs to fill."""

    prompt: tuple[Message, ...]
    rubric: str
    spec_excerpt: str
    cot: str | None = None

    def told(self) -> str:
        """What the row is about, in its own words."""
        return self.prompt[-1].content


class DeliberativeRow(Provenance):
    """A prompt with its category and clauses, for replies that reason over them; null is for the trainer to fill.

    The excerpt is for whoever writes the reasoning and for the judge; `prompt`, which is trained on, holds none of it.
    """

    prompt: tuple[Message, ...]
    spec_category: str
    spec_excerpt: str
    judge_rubric: str
    cot: str | None = None
    completion: tuple[Message, ...] | None = None
    judge_score: float | None = None
    judge_saw_spec: Literal[True] = True
    judge_saw_cot: Literal[False] = False

    def told(self) -> str:
        """What the row is about, in its own words."""
        return self.prompt[-1].content


class HhRow(Provenance):
    """A preference pair as HH-RLHF has it: two dialogues that differ in the last turn. It knows no system prompt."""

    model_config = ConfigDict(str_strip_whitespace=False)

    chosen: str
    rejected: str

    def told(self) -> str:
        """What the row is about, in its own words."""
        return self.chosen.strip()


class CritiqueRow(Provenance):
    """A reply that violates a clause, the requests to criticise and to revise it, and one that complies."""

    prompt: tuple[Message, ...]
    init_response: str
    critique_request: str
    critique: str | None = None
    revision_request: str
    revision: str

    def told(self) -> str:
        """What the row is about, in its own words."""
        return self.revision


class ComparisonRow(Provenance):
    """Two replies, a principle to choose by, and the share that would choose the first; which is first is by lot."""

    prompt: tuple[Message, ...]
    principle: str
    option_a: str
    option_b: str
    p_a: Share

    def told(self) -> str:
        """What the row is about, in its own words."""
        return self.principle


class DocumentRow(Provenance):
    """A clause as a document: its words, its reasons, where it holds, who opposed it and why, examples."""

    model_config = ConfigDict(str_strip_whitespace=False)

    title: str
    text: str

    def told(self) -> str:
        """What the row is about, in its own words."""
        return self.title


class Criterion(Provenance):
    """What an evaluation knows of a sample beside its input."""

    clause_id: str
    clause_text: str
    status: Status

    def told(self) -> str:
        """What the row is about, in its own words."""
        return self.clause_text


class InspectSample(Record):
    """A sample as Inspect's `json_dataset` reads it with no mapping: does a reply comply with one clause?"""

    id: str = Field(pattern=r"^row-")
    input: tuple[Message, ...]
    target: str
    metadata: Criterion


ROWS: dict[str, type[Provenance]] = {
    "preferences": PreferenceRow,
    "unpaired": UnpairedRow,
    "sft": SftRow,
    "prompts_rubrics": PromptRow,
    "deliberative": DeliberativeRow,
    "hh": HhRow,
    "critiques": CritiqueRow,
    "comparisons": ComparisonRow,
    "document": DocumentRow,
}
"""Rows by the format that they are of: each is `<format>.parquet` and `<format>.jsonl`."""

SAMPLES = "evals/inspect/compliance.jsonl"
"""Where the samples of the evaluation lie in an encoding."""


class FailedRow(Record):
    """A row that was not made, and why. `of`: the case, example, clause or line that it would have been of.

    `too_close`: shares differ by less than the margin. `opposed`: no more are for the clause than against it.
    `nothing_first`: no reply was put first by most. `no_clause`: no clause that stands bears on the case. `no_prompt`:
    no prompt bears on the clause. `unrecognised`: a reader took an example's two replies for something else.
    `breaks_format`: its words cannot be told from the format's own. `spec_in_prompt`: the prompt holds a clause's
    words. `not_a_pair`: a line of a given file is none. `held_out`: given pairs, where the question is for testing.
    `contested`: the clause binds nobody, and what is imitated carries no label that could say so.
    """

    format: str
    of: str
    reason: Literal[
        "too_close", "opposed", "nothing_first", "no_clause", "no_prompt", "unrecognised", "breaks_format",
        "spec_in_prompt", "not_a_pair", "held_out", "contested",
    ]  # fmt: skip
    detail: str
    clause_ids: tuple[str, ...]
    run: str


class Principle(Record):
    """One clause as a constitution states it: for critique, revision and comparison."""

    clause_id: str
    ruling_id: str
    status: Status
    norm: Norm
    principle: str
    critique_request: str
    revision_request: str
    comparison: str
    support: Share | None
    interval: tuple[Share, Share] | None
    dissent: tuple[str, ...]


class Constitution(Record):
    """Every clause that was ruled on, contested ones included and marked."""

    run: str
    question: str
    idea: str
    simulated: bool
    principles: tuple[Principle, ...]
