"""How well rulings recover the planted will, how often their intervals hold it, and what they say where it is close.

    python benchmarks/recovery.py [studies] [question ...]        30 and three questions by default; about 8 minutes

A cell is a question, a public and a number of assemblies of 12. Publics: `usual`, adults of the United States;
`polarised`, the same with values twice as far apart (`panel.population.values.spread`), intuition four times as tied to
them and belief three times as motivated (`intuition_values`, `motivation`), so that segments stand apart; `clustered`,
panels of like minds (`seats: like_minded`, as lab_decree has it) who walk the default procedure, so that members of one
are correlated. What these do to ratings is printed first. Clauses: one of each norm for each position, and those of a
default run that differ from them (drafters propose what is popular; the others are also unpopular). W1 is the
considered will on 2,000 other panels. In each simulated study fresh panels walk the procedure and vote, and `decide`
rules by two thirds and by majority. Studies of fewer assemblies are the first ones of the larger.

Printed by rule: MAE of support against W1; coverage of the nominal 90% interval, mean over clauses, its Monte Carlo
error and the worst clause; false adoption, adopted among clauses whose W1 lies below the threshold, mean and worst;
and, among clauses whose W1 lies within two standard errors of the threshold, the error being that of a study's mean
support over the simulated studies, the share of studies that say contested or no ruling; the same within one.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deliberation.assembly.simulate import Sitting, chunk_of, simulate
from deliberation.assembly.transcript import read_events
from deliberation.models.synthetic.maps import Array
from deliberation.records.folder import RunFolder
from deliberation.records.people import Panel
from deliberation.records.specification import Meaning
from deliberation.settings import Aggregation, Settings
from deliberation.specification.agreement import van_der_eijk
from deliberation.specification.deciding import Decision, decide
from deliberation.specification.distil import distil
from deliberation.specification.drafts import drafts_of
from deliberation.study import run_study
from deliberation.study.operating import Sample, sampled, stock_clauses, studies_of
from deliberation.study.truth import fresh_panels, planted, study_of

SIZES = (3, 5, 8, 12, 20)
QUESTIONS = ("disputed_politics", "health_advice", "moral_status")
RULES = ("supermajority", "majority")
_TRUTH = 2000
_SPREAD = 2.0
_KERNEL = {"intuition_values": 4.0, "motivation": 3.0}
_LEVEL = 0.9


class Row(NamedTuple):
    """One cell by one rule. `near`, `nearer`: within two and one standard errors; nan where there is no such clause."""

    error: float
    coverage: float
    noise: float
    least: float
    false: float
    worst: float
    near: float
    clauses_near: int
    nearer: float
    clauses_nearer: int


def usual(settings: Settings) -> Settings:
    """The public as it is shipped."""
    return settings


def polarised(settings: Settings) -> Settings:
    """Values further apart, and more of what people think tied to them."""
    people, kernel = settings.panel.population, settings.synthetic.kernel
    values = people.spread.model_copy(update={"spread": _SPREAD * people.spread.spread})
    panel = settings.panel.model_copy(update={"population": people.model_copy(update={"values": values})})
    changes = {name: times * getattr(kernel, name) for name, times in _KERNEL.items()}
    model = settings.synthetic.model_copy(update={"kernel": kernel.model_copy(update=changes)})
    return settings.model_copy(update={"panel": panel, "model": model})


def clustered(settings: Settings) -> Settings:
    """Panels of like minds."""
    procedure = settings.procedure.model_copy(update={"seats": "like_minded"})
    return settings.model_copy(update={"procedure": procedure})


PUBLICS: dict[str, Callable[[Settings], Settings]] = {
    "usual": usual, "polarised": polarised, "clustered": clustered,
}  # fmt: skip


def clauses_of(question: str) -> dict[str, Meaning]:
    """The stock clauses, and those of a default run that say something else."""
    settings = Settings.bundled(question=question, truth=0)
    with tempfile.TemporaryDirectory() as scratch:
        run_study(settings, Path(scratch) / "run")
        folder = RunFolder(Path(scratch) / "run")
        drafts = [d for p in folder.panels() for d in drafts_of(p.assembly, read_events(folder.transcript(p.assembly)))]
        found = distil(settings.question.id, drafts, limit=settings.aggregation.max_clauses)
    stock = stock_clauses(settings)
    known = list(stock.values())
    drafted = {id_: m for id_, m in found.meanings.items() if m is not None and m not in known}
    return {**stock, **drafted}


def spread_of(settings: Settings, panels: Sequence[Panel]) -> dict[str, float]:
    """What the public's opening and closing ratings look like: spread, two ends, middle, agreement, likeness."""
    study = study_of(settings, seed=1)
    size = chunk_of(study)
    unheard = [Sitting(study, panels[start : start + size]) for start in range(0, len(panels), size)]
    opening, closing = _rated(unheard, "opening-poll"), _rated(simulate(study, panels), "closing-poll")
    told: dict[str, float] = {}
    for name, ratings in (("before", opening), ("after", closing)):
        people = ratings.reshape(-1, ratings.shape[2])
        seven = np.clip(np.rint(1.0 + 6.0 * people), 1, 7).astype(int)
        whole, number = people.var(axis=0, ddof=1), ratings.shape[1]
        between = ratings.mean(axis=1).var(axis=0, ddof=1)
        told |= {
            f"SD {name}": float(np.sqrt(whole).mean()),
            f"ends {name}": float(np.isin(seven, [1, 7]).mean()),
            f"A {name}": float(np.mean([van_der_eijk(np.bincount(c, minlength=8)[1:].astype(float)) for c in seven.T])),
            f"rho {name}": float(((between - whole / number) / (whole * (1 - 1 / number))).mean()),
        }
    return told


def _rated(sittings: Iterable[Sitting], phase: str) -> Array:
    ratings: Array = np.clip(np.concatenate([one.poll(phase) for one in sittings]), 0.0, 1.0)
    return ratings


def recovery(seen: Sample, will: Array, rules: Aggregation, assemblies: int) -> Row:
    """How one rule does over the studies, of each of which the first so many assemblies sat."""
    dealt = studies_of(len(seen.who), max(SIZES))[:, :assemblies]
    # the status by share is a matter of the posterior alone: resamples would tell its stability, groups only doubts
    quick = rules.model_copy(update={"bootstrap": 0})
    told = [decide(seen.counted(panels), quick, forbids=seen.forbids, seed=0) for panels in dealt]
    support = np.array([_supported(seen, panels) for panels in dealt])
    held = np.array([[_holds(one, w1) for one, w1 in zip(study, will, strict=True)] for study in told])
    status = np.array([[one.status for one in study] for study in told])
    errors = support.std(axis=0, ddof=1)
    adopted, open_ = (status == "adopted").mean(axis=0), np.isin(status, ["contested", "no_ruling"]).mean(axis=0)
    below = will < rules.threshold
    near, nearer = (np.abs(will - rules.threshold) <= times * errors for times in (2.0, 1.0))
    return Row(
        error=float(np.abs(support - will).mean()),
        coverage=float(held.mean()),
        noise=float(held.mean(axis=1).std(ddof=1) / np.sqrt(len(dealt))),
        least=float(held.mean(axis=0).min()),
        false=_over(adopted[below], np.mean),
        worst=_over(adopted[below], np.max),
        near=_over(open_[near], np.mean),
        clauses_near=int(near.sum()),
        nearer=_over(open_[nearer], np.mean),
        clauses_nearer=int(nearer.sum()),
    )


def _supported(seen: Sample, panels: Any) -> Array:
    marks = seen.marks[panels]
    share: Array = (marks > 0).sum(axis=(0, 1)) / np.maximum((marks != 0).sum(axis=(0, 1)), 1)
    return share


def _holds(one: Decision, w1: float) -> bool:
    low, high = one.evidence.posterior().interval(_LEVEL)
    return low <= w1 <= high


def _over(values: Array, how: Callable[..., Any]) -> float:
    return float(how(values)) if len(values) else float("nan")


def told_of(publics: dict[str, Settings], drawn: dict[str, list[Panel]]) -> None:
    """The first table: what the publics are like."""
    for name, settings in publics.items():
        found = spread_of(settings, drawn[name][:400])
        print(
            f"{settings.question.id:>20} {name:>10}  " + "  ".join(f"{k} {v:.3f}" for k, v in found.items()), flush=True
        )


def main() -> None:
    """Print the tables."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    questions, begun = sys.argv[2:] or list(QUESTIONS), time.process_time()
    asked = {q: {name: of(Settings.bundled(question=q)) for name, of in PUBLICS.items()} for q in questions}
    first = asked[questions[0]]
    drawn = {
        name: list(fresh_panels(settings, studies * max(SIZES), name="recovery")) for name, settings in first.items()
    }
    for publics in asked.values():
        told_of(publics, drawn)
    rules = {name: Settings.bundled(aggregation=name).aggregation for name in RULES}
    print(
        f"\n{'question':>18} {'public':>10} {'rule':>14} {'assemblies':>10} {'MAE':>7} {'coverage':>9} {'+-':>6} "
        f"{'worst':>6} {'false':>6} {'worst':>6} {'open, 2 SE':>11} {'of':>3} {'open, 1 SE':>11} {'of':>3}   "
        f"({studies} studies)"
    )
    found: dict[tuple[str, int], list[Row]] = {}
    for question, publics in asked.items():
        clauses = clauses_of(question)
        for name, settings in publics.items():
            seen = sampled(settings, clauses, drawn[name])
            truths = planted(settings.model_copy(update={"truth": _TRUTH}), clauses)
            will = {t.id: t.will.considered for t in truths if t.of == "clause" and t.will}
            for rule, own in rules.items():
                for assemblies in SIZES:
                    row = recovery(seen, np.array([will[c] for c in clauses]), own, assemblies)
                    found.setdefault((rule, assemblies), []).append(row)
                    _print(f"{question:>18} {name:>10} {rule:>14} {assemblies:>10}", row)
    print()
    for (rule, assemblies), rows in found.items():
        mean = Row(*(float(np.nanmean([row[n] for row in rows])) for n in range(len(Row._fields))))  # type: ignore[arg-type]  # counts come out as means
        _print(f"{'mean over cells':>29} {rule:>14} {assemblies:>10}", mean)
    print(f"\n{time.process_time() - begun:.0f} s of one core")


def _print(head: str, row: Row) -> None:
    print(
        f"{head} {row.error:>7.4f} {row.coverage:>9.3f} {row.noise:>6.3f} {row.least:>6.3f} {row.false:>6.3f} "
        f"{row.worst:>6.3f} {row.near:>11.3f} {row.clauses_near:>3.0f} {row.nearer:>11.3f} {row.clauses_nearer:>3.0f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
