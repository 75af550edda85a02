"""What rows are made of, and the columns that every row carries. Makes no row itself and reads no file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from deliberation.records.agenda import Case, Question
from deliberation.records.base import new_id, plain, short_hash
from deliberation.records.encoding import FailedRow, Message, Split, WorkedExample
from deliberation.records.specification import STANDING, Clause, Judgment, Ruling


class Pair(NamedTuple):
    """A pair from a file: the dialogue up to the last turn, and the two replies, word for word."""

    line: int
    prompt: tuple[Message, ...]
    chosen: str
    rejected: str


class NotAPair(NamedTuple):
    """A line of such a file that is no pair: its number, and what is wrong with it."""

    line: int
    problem: str


class Given(NamedTuple):
    """Pairs that were handed in. `mark`: `given-` and the file's hash; `read`: its pairs, and lines that are none."""

    mark: str
    read: Callable[[], Iterable[Pair | NotAPair]]


class Quiet(NamedTuple):
    """Makes model-written words harmless in the text of a specification, and inside the fence of an example."""

    outside: Callable[[str], str]
    inside: Callable[[str], str]


def _none() -> tuple[WorkedExample, ...]:
    return ()


class Ruled(NamedTuple):
    """One question, all that was judged and ruled on it, and where that comes from.

    `clauses`, `rulings`: by the clause's id, both empty for an encoding without a specification. `examples`: worked
    examples, read anew at each call, for there may be many. `misread`: examples that a reader took for something else,
    and for what. `quiet`: how model-written words are made harmless in a specification's Markdown.
    """

    question: Question
    judgments: Sequence[Judgment]
    rulings: Mapping[str, Ruling]
    run: str
    simulated: bool
    clauses: Mapping[str, Clause] = {}
    examples: Callable[[], Iterable[WorkedExample]] = _none
    misread: Mapping[str, str] = {}
    quiet: Quiet = Quiet(plain, plain)
    given: Given | None = None

    def standing(self, clauses: Iterable[str]) -> list[Clause]:
        """Those of these clauses that go into an encoding."""
        ruled = (id_ for id_ in clauses if id_ in self.rulings and self.rulings[id_].status in STANDING)
        return [self.clauses[id_] for id_ in ruled if id_ in self.clauses]

    def failed(self, form: str, of: str, reason: str, detail: str, clauses: Sequence[str] = ()) -> FailedRow:
        """A row that is not made."""
        return FailedRow.model_validate({
            "format": form, "of": of, "reason": reason, "detail": detail, "clause_ids": tuple(clauses), "run": self.run,
        })  # fmt: skip


def split_of(question: str, test_share: float) -> Split:
    """The split of everything that rests on a question: by a hash of its id, so that it is the same in every run.

    A clause belongs to one question, so no clause and no question stands on both sides, in however many runs.
    """
    return "test" if int(short_hash("split", question, size=4), 16) / 16**8 < test_share else "train"


def dialogue(system: str | None, prompt: str) -> tuple[Message, ...]:
    """A prompt of one turn, behind the system prompt if there is one."""
    user = Message(role="user", content=prompt)
    return (user,) if system is None else (Message(role="system", content=system), user)


def reply(text: str) -> tuple[Message, ...]:
    """The assistant's turn."""
    return (Message(role="assistant", content=text),)


class Heard(NamedTuple):
    """A case with all judgments of it, and who judged."""

    case: Case
    judgments: list[Judgment]
    origin: str


def heard(ruled: Ruled) -> Iterator[Heard]:
    """Every case of the question, in its order."""
    by_case: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in ruled.judgments:
        by_case[judgment.case].append(judgment)
    for case in ruled.question.cases:
        origins = {judgment.origin or "unknown" for judgment in by_case[case.id]}
        yield Heard(case, by_case[case.id], "+".join(sorted(origins)) or "unknown")


class Shares(NamedTuple):
    """How many are for a row and against it, as shares, how many judged, and the clauses they relied on."""

    support: float
    dissent: float
    judgments: int
    clauses: Sequence[str]


def judged_by(ruled: Ruled, of: Heard, shares: Shares, split: Split) -> dict[str, Any]:
    """The common columns of a row that rests on judgments of a case, all but its id."""
    rulings = [ruled.rulings[c] for c in shares.clauses if c in ruled.rulings]  # others were not ruled on here
    return {
        "clause_ids": tuple(r.clause for r in rulings),
        "ruling_ids": tuple(r.id for r in rulings),
        "support": round(shares.support, 6),
        "dissent": round(shares.dissent, 6),
        "run": ruled.run,
        "split": split,
        "simulated": ruled.simulated,
        "origin": of.origin,
        "basis": "judged",
        "case": of.case.id,
        "example": None,
        "judgments": shares.judgments,
        "contested": bool(rulings) and not any(r.status == "adopted" for r in rulings),
    }


def ruled_by(ruled: Ruled, example: WorkedExample, split: Split) -> dict[str, Any]:
    """The common columns of a row that rests on a worked example, all but its id."""
    ruling = ruled.rulings[example.clause]
    return {
        "clause_ids": (ruling.clause,),
        "ruling_ids": (ruling.id,),
        "support": ruling.support,
        "dissent": opposed(ruling),
        "run": ruled.run,
        "split": split,
        "simulated": ruled.simulated,
        "origin": example.origin,
        "basis": "clause",
        "case": example.case,
        "example": example.id,
        "judgments": 0,
        "contested": ruling.status != "adopted",
    }


def opposed(ruling: Ruling) -> float | None:
    """The share of those who decided that opposed a clause; null where nobody voted."""
    tally = ruling.tally
    if tally is not None and tally.support + tally.oppose > 0:
        return round(tally.oppose / (tally.support + tally.oppose), 6)
    return None if ruling.support is None else round(1 - ruling.support, 6)


def row_id(ruled: Ruled, form: str, *of: str) -> str:
    """A row's id, by what it is made of."""
    return new_id("row", ruled.run, form, *of)


def sound(ruled: Ruled) -> Iterator[WorkedExample]:
    """The examples of clauses that go into an encoding, without those that a reader took for something else."""
    for example in ruled.examples():
        if example.id not in ruled.misread and ruled.standing([example.clause]):
            yield example
