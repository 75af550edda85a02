"""What one run brings to a specification repository, and its provenance file. Reads a run folder, writes nothing.

Records are kept with exactly the fields that they had in the run folder, so their hashes can be made again by a later
version that knows more fields.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from pydantic import ConfigDict, Field

from deliberation.export.markdown import Example
from deliberation.records.agenda import Question
from deliberation.records.base import SCHEMA, Record, canonical
from deliberation.records.events import Related
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Content
from deliberation.records.people import QuotaReport
from deliberation.records.specification import Clause, Coalition, Contest, Judgment, LedgerRow, Ruling

_EXAMPLES = 2


class Shown(Record):
    """An example as it is kept: the case by its id, the two answers, the share of those who relied on the clause."""

    case: str
    good: str
    bad: str
    share: float


class Seating(Record):
    """Who sat in one assembly: attributes by persona."""

    assembly: str
    method: str
    pool: int
    members: dict[str, dict[str, str]]
    quotas: tuple[QuotaReport, ...]


class Contradiction(Record):
    """Two wordings that a clerk judged cannot both be followed, why, and the event in which it did."""

    clause: str
    other: str
    why: str
    event: str


class Provenance(Record):
    """`provenance/<run>.json`: the whole record of the process behind the clauses of one run.

    `manifest_sha256`: of the manifest's content, which can be made again from the fields here; `files`: hashes of the
    files of the run folder, of which clauses, rulings, ledger, contests and minority reports stand here. `sha256`: of
    all the rest of this record.
    """

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    schema_version: int = Field(default=SCHEMA, alias="schema")
    manifest_sha256: str
    run: str
    study: str
    idea: str
    seed: int
    simulated: bool
    config_sha256: str
    models: dict[str, str]
    assemblies: tuple[str, ...] = ()
    failures: dict[str, int]
    diagnostics: dict[str, float | None] = Field(default_factory=dict)
    patterns: dict[str, dict[str, int]] = Field(default_factory=dict)
    files: dict[str, str]
    question: Question
    panels: tuple[Seating, ...]
    clauses: tuple[Clause, ...]
    rulings: tuple[Ruling, ...]
    ledger: tuple[LedgerRow, ...]
    contests: tuple[Contest, ...] = ()
    minorities: tuple[Coalition, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    examples: dict[str, tuple[Shown, ...]]
    sha256: str = ""

    def shown(self) -> dict[str, list[Example]]:
        """The examples under each clause, with their cases."""
        cases = {case.id: case for case in self.question.cases}
        return {
            clause: [Example(cases[s.case], s.good, s.bad, s.share) for s in found]
            for clause, found in self.examples.items()
        }

    def plain(self) -> dict[str, Any]:
        """As it stands in its file: every record with the fields that it had."""
        return self.model_dump(mode="json", exclude_unset=True)

    def digest(self) -> str:
        """Hash of all but `sha256`."""
        rest = {name: value for name, value in self.plain().items() if name != "sha256"}
        return hashlib.sha256(canonical(rest).encode()).hexdigest()

    def sealed(self) -> Provenance:
        """The same with its hash."""
        return self.model_copy(update={"sha256": self.digest()})

    def content(self) -> Content:
        """The manifest's content, which stands here wholly.

        Raises:
            ValidationError: an earlier version wrote this record, and left some of it out.
        """
        own = {name: getattr(self, name) for name in _COMMON if name in self.model_fields_set}
        return Content.model_validate({"schema": self.schema_version, **own})

    def lines(self) -> dict[str, str]:
        """The files of the run folder that stand here as records."""
        records: dict[str, tuple[Record, ...]] = {
            "clauses.jsonl": self.clauses,
            "rulings.jsonl": self.rulings,
            "ledger.jsonl": self.ledger,
            "contests.jsonl": self.contests,
            "minorities.jsonl": self.minorities,
        }
        return {
            name: "".join(f"{record.model_dump_json(exclude_unset=True)}\n" for record in found)
            for name, found in records.items()
        }


_COMMON = (
    "run", "study", "idea", "seed", "simulated", "config_sha256", "models", "assemblies", "failures", "diagnostics",
    "patterns", "files",
)  # fmt: skip


def manifest_sha256(content: Content) -> str:
    """Hash of a manifest's content, as it stands in provenance and in the commit's trailer."""
    own = content.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return hashlib.sha256(canonical(own).encode()).hexdigest()


def provenance_of(folder: RunFolder, content: Content, question: Question) -> Provenance:
    """All that a run brings along."""
    common: dict[str, Any] = {n: getattr(content, n) for n in _COMMON if n in content.model_fields_set}
    return Provenance(
        **common,
        schema_version=content.schema_version,
        manifest_sha256=manifest_sha256(content),
        question=question,
        panels=tuple(
            Seating(
                assembly=panel.assembly,
                method=panel.method,
                pool=panel.pool,
                members={p.id: p.attributes for p in panel.members},
                quotas=panel.quotas,
            )
            for panel in folder.panels()
        ),
        clauses=tuple(folder.clauses()),
        rulings=tuple(folder.rulings()),
        ledger=tuple(folder.ledger()),
        contests=tuple(folder.contests()),
        minorities=tuple(folder.minorities()),
        contradictions=tuple(
            Contradiction(clause=event.clause, other=event.other, why=event.text, event=event.id)
            for event in folder.distillation()
            if isinstance(event, Related) and event.relation == "contradicts"
        ),
        examples=_examples(question, list(folder.judgments())),
    ).sealed()


def _examples(question: Question, judgments: Sequence[Judgment]) -> dict[str, tuple[Shown, ...]]:
    """Per clause, of the cases judged by it, the answers that those who named it most often put first and last.

    The share is of those who named the clause and put one answer first and one last; the clearest cases come first.
    """
    pairs: dict[str, dict[str, Counter[tuple[str, str]]]] = defaultdict(lambda: defaultdict(Counter))
    for judgment in judgments:
        best, worst = judgment.ranking[0], judgment.ranking[-1]
        if len(judgment.ranking) > 1 and len(best) == len(worst) == 1:
            for clause in judgment.clauses:
                pairs[clause][judgment.case][best[0], worst[0]] += 1
    texts = {(case.id, r.id): r.text for case in question.cases for r in case.responses}
    found = {}
    for clause, by_case in sorted(pairs.items()):
        shown = []
        for case, counts in by_case.items():
            (good, bad), most = min(counts.items(), key=lambda kv: (-kv[1], kv[0]))
            share = round(most / counts.total(), 6)
            shown.append(Shown(case=case, good=texts[case, good], bad=texts[case, bad], share=share))
        found[clause] = tuple(sorted(shown, key=lambda s: (-s.share, s.case))[:_EXAMPLES])
    return found
