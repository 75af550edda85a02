"""How well rulings recover the planted will, and how often their intervals hold it.

    python benchmarks/recovery.py [studies] [question ...]

For each bundled question: the clauses of a default run and one of each norm for each position (drafters propose what is
popular; these are also unpopular), their considered will W1 on 2,000 fresh panels, and so many simulated studies, in
each of which fresh panels walk the procedure and vote, and the configured rule rules. Prints, for 3, 8 and 20
assemblies of 12 and for 20 of 24: mean absolute error of the ruled support against W1, coverage of the nominal 90%
interval, and false adoption (adopted among clauses whose W1 lies below the threshold), averaged over clauses. Panels
are drawn under the study's quotas; every study has people of its own.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deliberation.assembly.simulate import simulate
from deliberation.assembly.transcript import read_events
from deliberation.models.synthetic.maps import Array
from deliberation.records.folder import RunFolder
from deliberation.records.people import Panel
from deliberation.records.specification import NORM_WORDS, Meaning
from deliberation.settings import Settings
from deliberation.specification.distil import distil
from deliberation.specification.drafts import drafts_of
from deliberation.specification.rulings import status_of
from deliberation.specification.uncertainty import Evidence
from deliberation.study import run_study
from deliberation.study.truth import fresh_panels, planted, study_of

SIZES = ((3, 12), (8, 12), (20, 12), (20, 24))
_TRUTH = 2000


def clauses_of(settings: Settings) -> dict[str, Meaning]:
    """The canonical clauses of a run of these settings and the stock clauses, with what they mean."""
    with tempfile.TemporaryDirectory() as scratch:
        run_study(settings.model_copy(update={"truth": 0}), Path(scratch) / "run")
        folder = RunFolder(Path(scratch) / "run")
        drafts = [d for p in folder.panels() for d in drafts_of(p.assembly, read_events(folder.transcript(p.assembly)))]
        found = distil(settings.question.id, drafts, limit=settings.aggregation.max_clauses)
    drafted = {id_: meaning for id_, meaning in found.meanings.items() if meaning is not None}
    stock = [Meaning(option=p.id, modality=norm) for p in settings.question.positions for norm in NORM_WORDS]
    return {**drafted, **{f"c-{m.option}-{m.modality}": m for m in stock}}


def tallies(settings: Settings, panels: Sequence[Panel], clauses: dict[str, Meaning]) -> tuple[Array, Array]:
    """Supporters, and supporters and opponents together, in each assembly on each clause: assemblies x clauses."""
    support, decided = [], []
    for sitting in simulate(study_of(settings, seed=settings.seed), panels):
        cast = sitting.ballots(list(clauses.items()), phase="ratification")
        support.append(cast.supports.sum(axis=1))
        decided.append((1.0 - cast.abstains).sum(axis=1))
    return np.concatenate(support), np.concatenate(decided)


def recovery(settings: Settings, studies: int, clauses: dict[str, Meaning], will: Array) -> dict[str, float]:
    """Error, coverage and false adoption over so many studies, averaged over clauses."""
    number = settings.assemblies
    panels = list(fresh_panels(settings, studies * number, name="recovery"))
    order = np.random.Generator(np.random.Philox(key=1)).permutation(len(panels))  # make-ups repeat in runs of eight
    support, decided = tallies(settings, [panels[i] for i in order], clauses)
    rules = settings.aggregation
    error, held, adopted = np.zeros_like(will), np.zeros_like(will), np.zeros_like(will)
    for study in range(studies):
        rows = slice(study * number, (study + 1) * number)
        for c, w1 in enumerate(will):
            y, n = support[rows, c], decided[rows, c]
            found = Evidence.of(y[n > 0], n[n > 0]).posterior()
            low, high = found.interval(2 * rules.confidence - 1)
            error[c] += abs(y.sum() / n.sum() - w1)
            held[c] += low <= w1 <= high
            status = status_of(found, threshold=rules.threshold, rejection=rules.rejection, confidence=rules.confidence)
            adopted[c] += status == "adopted"
    below = will < rules.threshold
    return {
        "error": float(error.mean() / studies), "coverage": float(held.mean() / studies),
        "least": float(held.min() / studies), "false": float(adopted[below].mean() / studies) if below.any() else 0.0,
        "below": float(below.sum()),
    }  # fmt: skip


def main() -> None:
    """Print the table."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(
        f"{'question':>20} {'assemblies':>10} {'of':>3} {'MAE':>7} {'coverage':>9} {'worst clause':>13} "
        f"{'false adoption':>15} {'clauses below':>14} {'a second':>9}   ({studies} studies)"
    )
    for question in sys.argv[2:] or ["health_advice", "disputed_politics"]:
        clauses = clauses_of(Settings.bundled(question=question))
        for assemblies, members in SIZES:
            settings = Settings.bundled(question=question, assemblies=assemblies, members=members, truth=_TRUTH)
            will = {t.id: t.will.considered for t in planted(settings, clauses) if t.of == "clause" and t.will}
            begun = time.perf_counter()
            row = recovery(settings, studies, clauses, np.array([will[c] for c in clauses]))
            speed = studies * assemblies / (time.perf_counter() - begun)
            print(
                f"{question:>20} {assemblies:>10} {members:>3} {row['error']:>7.4f} {row['coverage']:>9.3f} "
                f"{row['least']:>13.3f} {row['false']:>15.3f} {int(row['below']):>14} {speed:>9.0f}"
            )


if __name__ == "__main__":
    main()
