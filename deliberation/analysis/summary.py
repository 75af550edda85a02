"""What a run came to, as numbers and names for a closing page. Words and colours are the terminal's affair."""

from __future__ import annotations

from collections import Counter, defaultdict

from deliberation.records.base import Record
from deliberation.records.events import Polled
from deliberation.records.files import whole_lines
from deliberation.records.folder import GIVEN, RunFolder
from deliberation.records.manifest import Manifest
from deliberation.records.people import Selection
from deliberation.records.specification import CaseRuling, Clause, Coalition, Contest, Faithfulness, Ruling


class Verdict(Record):
    """A clause with its ruling."""

    clause: Clause
    ruling: Ruling


class Summary(Record):
    """A run at a glance. `given`: whether ballots were handed in.

    `polls`: position -> mean rating at the first and at the last poll, 1 to 7.
    """

    manifest: Manifest
    given: bool
    selection: Selection | None
    seats: int
    attributes: dict[str, dict[str, int]]
    quotas_met: int
    quotas: int
    events: int
    polls: dict[str, tuple[float, float]]
    verdicts: tuple[Verdict, ...]
    contests: tuple[Contest, ...]
    minorities: tuple[Coalition, ...]
    cases: tuple[CaseRuling, ...]
    faithfulness: Faithfulness | None
    rows: dict[str, int]

    @property
    def falsely_adopted(self) -> float:
        """How many of the adopted clauses are expected not to deserve it: the sum of 1 - P (Newton et al. 2004)."""
        adopted = [v.ruling.reached for v in self.verdicts if v.ruling.status == "adopted"]
        return sum(1.0 - reached for reached in adopted if reached is not None)


APART = (
    "pav",
    "sequential_pav",
    "equal_shares",
    "sequential_phragmen",
    "group_aware_product",
    "bridging",
    "consensus_less_1",
)
"""Rules whose bar is not to be compared with the others': on slates clauses compete for places, a product over groups
shrinks with their number, the bar of bridging is that of another platform, and consensus is counted in assemblies."""


def flips(ruling: Ruling) -> tuple[str, ...]:
    """The rules compared by which a clause would be adopted where it is not, or not where it is; those apart aside."""
    held = ruling.status == "adopted"
    return tuple(
        name for name, status in ruling.sensitivity.items() if name not in APART and (status == "adopted") != held
    )


def summary_of(folder: RunFolder) -> Summary:
    """Read a run's summary from its folder."""
    attributes: dict[str, Counter[str]] = defaultdict(Counter)
    polls: dict[str, list[tuple[int, int]]] = defaultdict(list)
    seats = met = quotas = events = 0
    for panel in folder.panels():
        seats += len(panel.members)
        quotas += len(panel.quotas)
        met += sum(q.low <= q.seated <= q.high for q in panel.quotas)
        for person in panel.members:
            for name, value in person.attributes.items():
                attributes[name][value] += 1
        first: dict[str, Polled] = {}
        last: dict[str, Polled] = {}
        for event in folder.events(panel.assembly):
            events += 1
            if isinstance(event, Polled):
                first.setdefault(event.speaker, event)
                last[event.speaker] = event
        for speaker, opening in first.items():
            for position, rating in opening.ratings.items():
                polls[position].append((rating, last[speaker].ratings[position]))
    rulings = {r.clause: r for r in folder.rulings()}
    return Summary(
        manifest=folder.manifest(),
        given=(folder.path / GIVEN).exists(),
        selection=folder.selection(),
        seats=seats,
        attributes={name: dict(sorted(counts.items())) for name, counts in sorted(attributes.items())},
        quotas_met=met,
        quotas=quotas,
        events=events,
        polls={position: _means(pairs) for position, pairs in polls.items()},
        verdicts=tuple(Verdict(clause=c, ruling=rulings[c.id]) for c in folder.clauses() if c.id in rulings),
        contests=tuple(folder.contests()),
        minorities=tuple(folder.minorities()),
        cases=tuple(folder.cases()),
        faithfulness=folder.faithfulness(),
        rows=_rows(folder),
    )


def _means(pairs: list[tuple[int, int]]) -> tuple[float, float]:
    return sum(a for a, _ in pairs) / len(pairs), sum(b for _, b in pairs) / len(pairs)


def _rows(folder: RunFolder) -> dict[str, int]:
    """Rows by format; what was left out is no format."""
    found = (path for path in sorted(folder.encoding.glob("*.jsonl")) if path.stem != "failures")
    return {path.stem: sum(1 for _ in whole_lines(path)) for path in found}
