"""How well distillation finds again what was planted: clauses in many words, their contraries, and several in one.

    python benchmarks/distilling.py [question ...]

For each bundled question: of each position a clause and neighbours of it that differ in one thing (a "not", "may" for
"should", a proviso more or less, an exception for a proviso, another force), each in up to four wordings by rules that
keep the meaning; and some two in one sentence. Drafts of eight assemblies; the synthetic clerk judges them, and what
`distil` makes of it is held against what was planted. It is compared with words alone, and with likeness of words at
the threshold that does best in hindsight.

Half of the rules and half of the questions are held out: what the clerk got wrong was looked at in the other halves.
One hand wrote both halves and the clerk's lists of links and of verbs of leaving, so that only the synonyms are new to
it; and people word things more freely. Then default runs: clauses whose drafters' stated meanings differ, and equal
meanings that stayed apart.

`P`, `R`: precision and recall. `merged`: pairs of different wordings that are one (equal texts are one without help).
`contrary`: share of clauses that hold a planted clause and its contrary. `clauses`: those that hold all wordings of one
planted clause and no others. `dispute`: contradictions, within a position, for whether two positions exclude one
another was not planted. `split`: sentences that say two things.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from planting import HELD_OUT, JOINTS, SEEN, Plant, Planted, planted

from deliberation import assets
from deliberation.assembly.transcript import read_events
from deliberation.models.clerical import Divide, Entail, Relate
from deliberation.models.requests import Reply, Roster
from deliberation.models.synthetic.clerical import judge
from deliberation.records.agenda import Question
from deliberation.records.events import EVENT
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Meaning
from deliberation.settings import Distillation, Settings
from deliberation.specification import clerk
from deliberation.specification.distil import (
    NOTHING_FOUND,
    Distilled,
    Family,
    Findings,
    distil,
    families_of,
    merged,
    undivided,
)
from deliberation.specification.drafts import Draft, drafts_of
from deliberation.study import run_study

_HOW = Distillation(id="standard", conflicts=100)


def judged(question: Question, drafts: Sequence[Draft]) -> Findings:
    """What the synthetic clerk finds in drafts, asked by hand."""
    roster = Roster.of(
        assembly=clerk.NAME, seed=1, idea="", question=question, members=(), dossier=question.dossier
    )  # fmt: skip
    sitting, lines = clerk.review(roster, drafts, _HOW, attempts=1, merge=True), list[str]()
    try:
        batch = next(sitting)
        while True:
            lines += batch.lines
            tasks = [r.task for r in batch.requests if isinstance(r.task, Divide | Relate | Entail)]
            batch = sitting.send(tuple(Reply(json.dumps(judge(task, question))) for task in tasks))
    except StopIteration as stop:
        lines += stop.value
    events = [EVENT.validate_json(line) for line in lines]
    assert not [e for e in events if e.kind == "failed"]
    return Findings.of(events)


Units = list[tuple[int | str, Plant]]


def units_of(there: Planted, families: Sequence[Family], findings: Findings) -> Units:
    """Every wording's plant and the family that it is in; a joined one stands for two, a part wrongly cut for none."""
    place: dict[str, int] = {w.id: n for n, family in enumerate(families) for w in family.wordings}
    units: Units = [(place.get(id_, f"lost {id_}"), plant) for id_, plant in there.of.items()]
    for id_, two in there.joined.items():
        parts = findings.divided.get(id_, ())
        where = [place[p.id] for p in parts] if len(parts) == 2 else [place.get(id_, f"lost {id_}")] * 2
        units += zip(where, two, strict=True)
    return units


def _by_family(units: Units) -> dict[int | str, Counter[Plant]]:
    found: dict[int | str, Counter[Plant]] = defaultdict(Counter)
    for where, plant in units:
        found[where][plant] += 1
    return found


def _of_two(counts: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in counts)


def pairs(units: Units) -> Counter[str]:
    """How many pairs are of one plant, of one family, of both; and families that hold a clause and its contrary."""
    by_family, by_plant = _by_family(units), Counter(plant for _, plant in units)
    whole = [f for f in by_family.values() if len(f) == 1 and all(by_plant[p] == times for p, times in f.items())]
    return Counter({
        "one plant": _of_two(by_plant.values()),
        "one family": _of_two(inside.total() for inside in by_family.values()),
        "both": sum(_of_two(inside.values()) for inside in by_family.values()),
        "contrary": sum(any(a.contrary(b) for a, b in combinations(f, 2)) for f in by_family.values()),
        "families": len(by_family), "plants": len(by_plant), "recovered": len(whole),
    })  # fmt: skip


def disputes(there: Planted, found: Distilled, families: Sequence[Family], units: Units) -> Counter[str]:
    """Contradictions planted, claimed and both: among plants of one position, by what a family mostly holds."""
    mostly = {families[n].id: f.most_common(1)[0][0] for n, f in _by_family(units).items() if isinstance(n, int)}
    claimed = [
        (mostly[a], mostly[b])
        for a, b in (c.options for c in found.contests if c.kind == "conflict")
        if a in mostly and b in mostly and mostly[a].position == mostly[b].position
    ]
    wanted = {frozenset(two) for two in combinations(set(there.of.values()), 2) if two[0].contrary(two[1])}
    met = {frozenset(two) for two in claimed} & wanted
    return Counter({
        "disputes": len(wanted), "disputes found": len(met), "claimed": len(claimed),
        "claimed rightly": sum(a.contrary(b) for a, b in claimed),
    })  # fmt: skip


def by_clerk(question: Question, there: Planted) -> Counter[str]:
    """The clerk judges: what is merged, split and found to contradict."""
    findings = judged(question, there.drafts)
    families = merged(families_of(undivided(there.drafts, findings)), findings)
    found = distil(question.id, there.drafts, limit=100_000, findings=findings, how=_HOW)
    assert len(found.clauses) == len(families)
    units = units_of(there, families, findings)
    cut = {id_ for id_, parts in findings.divided.items() if parts}
    right = {id_ for id_ in cut & there.joined.keys() if len(findings.divided[id_]) == 2}
    split = Counter({"joined": len(there.joined), "split": len(cut), "split rightly": len(right)})
    return pairs(units) + split + disputes(there, found, families, units)


def by_likeness(there: Planted, thresholds: Sequence[float]) -> Iterator[Counter[str]]:
    """What is so alike is one, for each threshold (average linkage over all pairs)."""
    from scipy.cluster.hierarchy import fcluster, linkage

    families = families_of(there.drafts)
    every = _HOW.model_copy(update={"neighbours": len(families), "alike": 0.0})
    near = [dict(others) for others in clerk.neighbours([f.wordings[0].text for f in families], every)]
    apart = [1.0 - near[b].get(a, 0.0) for a, b in combinations(range(len(families)), 2)]
    tree = linkage(np.maximum(apart, 0.0), "average")
    for threshold in thresholds:
        group = [int(g) for g in fcluster(tree, 1.0 - threshold, "distance")]
        place = {w.id: group[n] for n, family in enumerate(families) for w in family.wordings}
        units: Units = [(place[id_], plant) for id_, plant in there.of.items()]
        yield pairs([*units, *((place[id_], plant) for id_, two in there.joined.items() for plant in two)])


def by_default(settings: Settings) -> dict[str, Counter[str]]:
    """A run of these settings: how meanings that drafters state lie in the clauses, by the clerk and by words."""
    with tempfile.TemporaryDirectory() as scratch:
        run_study(settings, Path(scratch) / "run")
        folder = RunFolder(Path(scratch) / "run")
        drafts = [d for p in folder.panels() for d in drafts_of(p.assembly, read_events(folder.transcript(p.assembly)))]
        findings = Findings.of(folder.distillation())
    found = {}
    for name, known in (("clerk", findings), ("words", NOTHING_FOUND)):
        families = merged(families_of(undivided(drafts, known)), known)
        meanings = [{_meant(d.meaning) for d in f.drafts if d.meaning is not None} for f in families]
        alike = sum(bool(a & b) for a, b in combinations(meanings, 2))
        found[name] = Counter({
            "drafts": sum(len(f.drafts) for f in families), "clauses": len(families),
            "mixed": sum(len(m) > 1 for m in meanings), "apart": alike,
        })  # fmt: skip
    return found


def _meant(meaning: Meaning) -> Meaning:
    return meaning.model_copy(update={"conditions": tuple(sorted(meaning.conditions))})


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _f1(found: Counter[str]) -> float:
    return _share(2 * found["both"], found["one family"] + found["one plant"])


def _row(name: str, c: Counter[str]) -> str:
    figures = (
        _share(c["both"], c["one family"]), _share(c["both"], c["one plant"]), _f1(c),
        _share(c["contrary"], c["families"]), _share(c["recovered"], c["families"]),
        _share(c["recovered"], c["plants"]), _share(c["claimed rightly"], c["claimed"]),
        _share(c["disputes found"], c["disputes"]), _share(c["split rightly"], c["split"]),
        _share(c["split rightly"], c["joined"]),
    )  # fmt: skip
    return f"{name:>22}" + "".join(f"{'-' if x != x else format(x, '.3f'):>11}" for x in figures)  # noqa: PLR0124  nan


def _table(halves: Mapping[str, Sequence[Question]]) -> None:
    titles = ("merged P", "R", "F1", "contrary", "clauses P", "R", "dispute P", "R", "split P", "R")
    thresholds = [t / 20 for t in range(8, 20)]
    for kind, rules in (("seen", SEEN), ("held out", HELD_OUT)):
        for half, questions in halves.items():
            there = [planted(question, rules, JOINTS[kind]) for question in questions]
            drafts, wordings = sum(len(t.drafts) for t in there), sum(len(t.of) + len(t.joined) for t in there)
            print(f"\nrules {kind}, questions {half}: {len(there)}, {drafts} drafts, {wordings} wordings")
            print(f"{'':>22}" + "".join(f"{title:>11}" for title in titles))
            own = sum((by_clerk(q, t) for q, t in zip(questions, there, strict=True)), Counter[str]())
            print(_row("clerk", own))
            print(
                _row(
                    "words",
                    sum((pairs(units_of(t, families_of(t.drafts), NOTHING_FOUND)) for t in there), Counter[str]()),
                )
            )
            alike = [sum(of, Counter[str]()) for of in zip(*(by_likeness(t, thresholds) for t in there), strict=True)]
            best = max(range(len(thresholds)), key=lambda n: _f1(alike[n]))
            print(_row(f"likeness of {thresholds[best]:g}", alike[best]))


def main() -> None:
    """Print the tables."""
    names = sys.argv[1:] or sorted(path.stem for path in (assets.folder("conf") / "question").glob("*.yaml"))
    studies = [Settings.bundled(question=name, truth=0) for name in names if name != "typed"]
    questions = [settings.question for settings in studies]
    _table({"seen": questions[::2], "held out": questions[1::2]} if len(questions) > 1 else {"given": questions})
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for settings in studies:
        for how, counts in by_default(settings).items():
            totals[how] += counts
    print(f"\n{len(studies)} default runs: {'drafts':>9}{'clauses':>9}{'meanings differ':>17}{'equal, yet apart':>18}")
    for how, c in totals.items():
        print(f"{how:>16}{c['drafts']:>9}{c['clauses']:>9}{c['mixed']:>17}{c['apart']:>18}")


if __name__ == "__main__":
    main()
