"""What one run brings to a specification repository, and its provenance file. Reads a run folder, writes nothing."""

from __future__ import annotations

import hashlib
from typing import Any

from deliberation.encoding.rows import Ruled, preferences
from deliberation.export.markdown import Example
from deliberation.records.agenda import Question
from deliberation.records.base import Record, canonical
from deliberation.records.encoding import PreferenceRow
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Content
from deliberation.records.people import QuotaReport
from deliberation.records.specification import Clause, LedgerRow, Ruling
from deliberation.settings import EncodingSettings

_EXAMPLES = 2


class Shown(Record):
    """An example as it is kept: the case by its id, the two answers, the share that preferred the first."""

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


class Provenance(Record):
    """`provenance/<run>.json`: the whole record of the process behind the clauses of one run."""

    manifest_sha256: str
    run: str
    study: str
    idea: str
    seed: int
    simulated: bool
    config_sha256: str
    models: dict[str, str]
    failures: dict[str, int]
    files: dict[str, str]
    question: Question
    panels: tuple[Seating, ...]
    clauses: tuple[Clause, ...]
    rulings: tuple[Ruling, ...]
    ledger: tuple[LedgerRow, ...]
    examples: dict[str, tuple[Shown, ...]]

    def shown(self) -> dict[str, list[Example]]:
        """The examples under each clause, with their cases."""
        cases = {case.id: case for case in self.question.cases}
        return {
            clause: [Example(cases[s.case], s.good, s.bad, s.share) for s in found]
            for clause, found in self.examples.items()
        }


def manifest_sha256(content: Content) -> str:
    """Hash of a manifest's content, as it stands in provenance and in the commit's trailer."""
    return hashlib.sha256(canonical(content.model_dump(mode="json", by_alias=True)).encode()).hexdigest()


def provenance_of(folder: RunFolder, content: Content, question: Question) -> Provenance:
    """All that a run brings along."""
    rulings = folder.rulings()
    ruled = Ruled(question, list(folder.judgments()), {r.clause: r for r in rulings}, content.run, content.simulated)
    common: dict[str, Any] = {
        name: getattr(content, name)
        for name in ("run", "study", "idea", "seed", "simulated", "config_sha256", "models", "failures", "files")
    }
    return Provenance(
        **common,
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
        rulings=tuple(rulings),
        ledger=tuple(folder.ledger()),
        examples=_examples(preferences(ruled, EncodingSettings(id="examples"))),
    )


def _examples(rows: list[PreferenceRow]) -> dict[str, tuple[Shown, ...]]:
    """Per clause, of the pairs whose judges relied on it, the clearest of each case; the clearest cases first."""
    best: dict[str, dict[str, PreferenceRow]] = {}
    for row in rows:
        for clause in row.clause_ids:
            found = best.setdefault(clause, {})
            if row.case not in found or row.support > found[row.case].support:
                found[row.case] = row
    return {
        clause: tuple(
            Shown(case=row.case, good=row.chosen[-1].content, bad=row.rejected[-1].content, share=row.support)
            for row in sorted(found.values(), key=lambda r: (-r.support, r.case))[:_EXAMPLES]
        )
        for clause, found in sorted(best.items())
    }
