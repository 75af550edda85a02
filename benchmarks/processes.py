"""What each procedure does to opinion on the synthetic public, over the bundled questions. Prints tables; no test.

    python benchmarks/processes.py [assemblies] [members]        8 and 15 by default; about a minute

First table: change from the first to the last poll, by procedure, beside what Deliberative Polls show (the bands of
`benchmarks/targets.csv`: mean absolute change of a person and of a group, fall of the spread within groups and share of
group-options where it falls, movement away from the middle and share where there is any, spread after / before).
Processes without talk or evidence show what polling twice does by itself. Second: the effect of each witness against an
inert one. Third: how many rulings on the questions' own positions change when every order is drawn anew, and when the
whole study is, for the default procedure: the same people, and other people.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from deliberation import assets
from deliberation.assembly.simulate import Sitting, chunk_of
from deliberation.models.synthetic.maps import Array
from deliberation.people.sortition import Draw
from deliberation.records.people import Panel
from deliberation.records.specification import Meaning
from deliberation.settings import Settings
from deliberation.specification.rulings import status_of
from deliberation.specification.uncertainty import Evidence
from deliberation.study.truth import study_of

PROCEDURES = (
    "lab_decree", "public_input", "parliament", "citizens_assembly", "collective_dialogue", "mediated_caucus",
    "statement_slate", "extrapolated", "extrapolated_sham", "sequential_assembly", "talk_only", "self_reflection",
)  # fmt: skip
BANDS = {
    "gross": (0.203, 0.03), "net": (0.089, 0.02), "SD fall": (0.0128, 0.01), "falls": (0.586, 0.06),
    "away": (-0.022, 0.02), "polarise": (0.44, 0.06), "SD ratio": (0.973, 0.02),
}  # fmt: skip
QUESTIONS = [p.stem for p in sorted((assets.folder("conf") / "question").glob("*.yaml")) if p.stem != "typed"]


def panels(settings: Settings) -> list[Panel]:
    """Who sits."""
    draw = Draw(settings.panel, members=settings.members, seed=settings.seed, seats=settings.procedure.seats)
    lots = [f"{settings.question.id}.{n}" for n in range(settings.assemblies)]
    return list(draw.panels([(f"a-{n}", settings.question.id) for n in range(settings.assemblies)], lots=lots))


def sat(settings: Settings, who: list[Panel], *, heard: bool = True) -> list[Sitting]:
    """The assemblies before or after their first sitting."""
    study = study_of(settings, seed=settings.seed)
    size = chunk_of(study)
    found = [Sitting(study, who[start : start + size]) for start in range(0, len(who), size)]
    for one in found if heard else ():
        one.deliberate()
    return found


def polls(settings: Settings, who: list[Panel]) -> tuple[Array, Array]:
    """Ratings at the first and at the last poll, assemblies x people x positions."""
    names = [phase.name for phase in settings.procedure.phases if phase.kind == "poll"]
    before = np.concatenate([one.poll(names[0]) for one in sat(settings, who, heard=False)])
    return before, np.concatenate([one.poll(names[-1]) for one in sat(settings, who)])


def figures(before: Array, after: Array) -> dict[str, float]:
    """The moments of one question; see `benchmarks/moments.py`."""
    g1, g2 = before.mean(axis=1), after.mean(axis=1)
    fall = before.std(axis=1, ddof=1) - after.std(axis=1, ddof=1)
    away = np.sign(g1 - 0.5) * (g2 - g1)
    return {
        "gross": float(np.abs(after - before).mean()), "net": float(np.abs(g2 - g1).mean()),
        "SD fall": float(fall.mean()), "falls": float((fall > 0).mean()), "away": float(away.mean()),
        "polarise": float((away > 0).mean()),
        "SD ratio": float((_pooled(after).std(axis=0, ddof=1) / _pooled(before).std(axis=0, ddof=1)).mean()),
    }  # fmt: skip


def _pooled(ratings: Array) -> Array:
    """Everybody asked on one question, people x positions: what the published ratio of spreads is of."""
    return ratings.reshape(-1, ratings.shape[2])


def by_procedure(assemblies: int, members: int) -> None:
    """The first table."""
    print(f"{'':<20}" + "".join(f"{name:>10}" for name in BANDS))
    print(f"{'human bands':<20}" + "".join(f"{f'{m:.3f}':>10}" for m, _ in BANDS.values()))
    print(f"{'  give or take':<20}" + "".join(f"{f'{t:.3f}':>10}" for _, t in BANDS.values()))
    for procedure in PROCEDURES:
        rows = []
        for question in QUESTIONS:
            one = Settings.bundled(procedure=procedure, question=question, assemblies=assemblies, members=members)
            rows.append(figures(*polls(one, panels(one))))
        mean = {name: float(np.mean([row[name] for row in rows])) for name in BANDS}
        off = {name: abs(mean[name] - m) / t for name, (m, t) in BANDS.items()}
        told = [f"{mean[name]:.3f}{' ' if off[name] <= 1 else '~' if off[name] <= 2 else 'X'}" for name in BANDS]
        print(f"{procedure:<20}" + "".join(f"{cell:>10}" for cell in told), flush=True)
    print("~ outside one tolerance, X outside two; mean over 24 questions\n")


def by_witness(assemblies: int, members: int) -> None:
    """The second table: shift of the first position and its z, the panel being the unit, over all questions."""
    print(f"{'witness':<26}{'shift of 1st position':>22}{'mean |shift|':>14}{'largest |z|':>13}")
    base: dict[str, Any] = {"procedure": "witness_only", "assemblies": assemblies, "members": members}
    arms: dict[str, dict[str, Any]] = {
        "inert": {"witness": "inert"}, "none": {"witness": "none"}, "neutral": {}, "opposed": {"witness": "opposed"},
        "panel": {"witness": "panel"}, "false_claims": {"witness": "false_claims"},
    }  # fmt: skip
    after: dict[str, dict[str, Array]] = {}
    for question in QUESTIONS:
        who = panels(Settings.bundled(question=question, **base))
        for name, changes in arms.items():
            after.setdefault(name, {})[question] = polls(Settings.bundled(question=question, **base, **changes), who)[1]
        for bias in (-1.0, -0.5, 0.0, 0.5, 1.0):
            one = Settings.bundled(question=question, **base, witness="one_sided")
            one = one.model_copy(update={"witness": one.witness.model_copy(update={"bias": bias})})
            after.setdefault(f"one_sided, bias {bias:+.1f}", {})[question] = polls(one, who)[1]
    for name, found in after.items():
        shifts = {q: (found[q] - after["inert"][q]).mean(axis=1) for q in QUESTIONS}  # panels x positions
        errors = {q: s.std(axis=0, ddof=1) / np.sqrt(len(s)) for q, s in shifts.items()}
        z = [s.mean(axis=0) / np.where(errors[q] > 0, errors[q], np.inf) for q, s in shifts.items()]
        first = float(np.mean([s[:, 0].mean() for s in shifts.values()]))
        size = float(np.mean([np.abs(s.mean(axis=0)).mean() for s in shifts.values()]))
        print(f"{name:<26}{first:>22.4f}{size:>14.4f}{float(np.abs(np.concatenate(z)).max()):>13.1f}", flush=True)
    print()


def statuses(settings: Settings, who: list[Panel]) -> list[str]:
    """Rulings on one clause for each of the question's positions, put to the vote after the sitting."""
    stock = [(p.id, Meaning(option=p.id, modality="should")) for p in settings.question.positions]
    cast = [one.ballots(stock, phase="ratification") for one in sat(settings, who)]
    support = np.concatenate([c.supports.sum(axis=1) for c in cast])
    decided = np.concatenate([(1.0 - c.abstains).sum(axis=1) for c in cast])
    rules = settings.rules
    return [
        status_of(
            Evidence.of(support[:, c], decided[:, c]).posterior(), threshold=rules.threshold,
            rejection=rules.rejection, confidence=rules.confidence,
        )
        for c in range(len(stock))
    ]  # fmt: skip


def by_order(assemblies: int, members: int, repeats: int = 5) -> None:
    """The third table: share of rulings that change."""
    print(f"{'share of rulings that change':<32}{'orders anew':>14}{'another seed':>14}{'rulings':>9}")
    for procedure in ("citizens_assembly", "sequential_assembly", "parliament", "extrapolated"):
        flips: dict[str, list[bool]] = {"orders": [], "seed": []}
        for question in QUESTIONS:
            base = Settings.bundled(procedure=procedure, question=question, assemblies=assemblies, members=members)
            first = statuses(base, panels(base))
            for n in range(1, repeats + 1):
                anew = base.model_copy(update={"orders": n})
                other = base.model_copy(update={"seed": base.seed + n})
                flips["orders"] += [a != b for a, b in zip(first, statuses(anew, panels(anew)), strict=True)]
                flips["seed"] += [a != b for a, b in zip(first, statuses(other, panels(other)), strict=True)]
        print(
            f"{procedure:<32}{np.mean(flips['orders']):>14.3f}{np.mean(flips['seed']):>14.3f}{len(flips['seed']):>9}",
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    assemblies = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    members = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    print(f"{Path(__file__).name}: {assemblies} assemblies of {members} on each of {len(QUESTIONS)} questions\n")
    by_procedure(assemblies, members)
    by_witness(assemblies, members)
    by_order(assemblies, members)


if __name__ == "__main__":
    main()
