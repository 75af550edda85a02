"""The Deliberative Reason Index of runs before and after, beside the batched simulator, the kernel's moments, people.

    python benchmarks/reasoned.py [assemblies] [members] [model]

`runs`: so many assemblies on each of the 24 questions by the engine (`procedure=reasoned_assembly`), with an interval
whose unit is the assembly. `simulated`: thirty fresh panels of each question by the batched simulator. `made up`: 120
questions of the same size made up by the model, on which as many people talk as long. `kernel`: the moments that the
parameters were fitted with (`benchmarks/moments.py`): 24 considerations and 6 positions, which are ranked. `people`:
24 published mini-publics (deliberr). An index says little without its null, and the fewer positions there are the
lower is either: rank correlations of few things lie far apart. What is beyond the null can be compared.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from moments import mean_moments, targets

from deliberation import assets
from deliberation.analysis import estimates
from deliberation.analysis.deliberated import FIGURES, run_reason_index
from deliberation.analysis.measures import Array, agreement, pairs
from deliberation.analysis.reasons import reason_index
from deliberation.assembly.simulate import simulate
from deliberation.models.synthetic import worlds
from deliberation.models.synthetic.minds import Minds
from deliberation.randomness import stream
from deliberation.settings import Settings
from deliberation.study import run_study
from deliberation.study.truth import fresh_panels, study_of

QUESTIONS = [p.stem for p in sorted((assets.folder("conf") / "question").glob("*.yaml")) if p.stem != "typed"]
PUBLISHED = {
    "plain": "dri", "null_plain": "null", "agreement_considerations": "cc", "agreement_preferences": "pp", "link": "r",
}  # fmt: skip
FRESH, MADE_UP, SEEDS, SHUFFLES = 30, 40, 3, 200


def settings_for(question: str, *, assemblies: int, members: int, model: str) -> Settings:
    """One study, which finds no truth."""
    return Settings.bundled(
        question=question, procedure="reasoned_assembly", assemblies=assemblies, members=members, model=model, truth=0
    )


def figures(considerations: Array, preferences: Array) -> dict[str, float]:
    """What `deliberated` finds, of ratings 0 to 1 before they are rounded to levels."""
    asked, wanted = (np.clip(np.round(1.0 + 6.0 * table), 1, 7) for table in (considerations, preferences))
    reasons, preferred = pairs(agreement(asked)), pairs(agreement(wanted))
    return {
        **reason_index(asked, wanted, seed=0, shuffles=SHUFFLES).model_dump(),
        "agreement_considerations": float(reasons.mean()), "agreement_preferences": float(preferred.mean()),
        "link": float(np.corrcoef(reasons, preferred)[0, 1]),
    }  # fmt: skip


def simulated(settings: Settings) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    """Before and after in fresh panels."""
    study, panels = study_of(settings, seed=settings.seed), list(fresh_panels(settings, FRESH))
    before = study._replace(procedure=settings.procedure.model_copy(update={"phases": settings.procedure.phases[:1]}))
    for first, last in zip(simulate(before, panels), simulate(study, panels), strict=True):
        sheets = [(first.weigh("opening-weighing"), first.poll("opening-poll"))]
        sheets.append((last.weigh("closing-weighing"), last.poll("closing-poll")))
        for b in range(len(first.panels)):
            one, other = (figures(weighed[b], polled[b]) for weighed, polled in sheets)
            yield one, other


def made_up(settings: Settings, seed: int) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    """Before and after on made-up questions as large as the study's."""
    kernel, draw = settings.synthetic.kernel, stream(seed, "reasoned")
    question = settings.question
    world = worlds.questions(
        kernel, MADE_UP, draw, considerations=len(question.considerations), positions=len(question.positions)
    )
    minds = Minds(world.maps, worlds.people(kernel, world, settings.members, draw), kernel)
    before = worlds.measure(minds, draw)
    worlds.brief(minds, draw)
    worlds.discuss(minds, draw, turns=settings.procedure.turns)
    after = worlds.measure(minds, draw)
    for b in range(MADE_UP):
        one, other = (figures((m.considerations[b] - 1.0) / 6.0, m.ratings[b]) for m in (before, after))
        yield one, other


def main() -> None:
    """Print the table."""
    given = [int(a) for a in sys.argv[1:3]]
    assemblies, members = (*given, *(2, 20)[len(given) :])
    model = sys.argv[3] if len(sys.argv) > 3 else "synthetic"
    fresh: list[tuple[dict[str, float], dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in QUESTIONS:
            settings = settings_for(name, assemblies=assemblies, members=members, model=model)
            run_study(settings, Path(folder) / name)
            fresh += simulated(settings)
        runs = run_reason_index(sorted(Path(folder).iterdir()), shuffles=SHUFFLES)
    other = [pair for seed in range(SEEDS) for pair in made_up(settings, seed)]
    own = runs[runs["assembly"].notna()]
    kernel, people = mean_moments(Settings.bundled(model=model).synthetic.kernel, 3), targets()
    print(f"{len(own) // 2} assemblies of {members} on {len(QUESTIONS)} questions ({model})")
    heads = f"{'simulated':>9} {'made up':>7} {'kernel':>7} {'people':>7}"
    print(f"{'figure':>24} {'stage':>6} {'runs':>7} {'interval':>17} {heads}")
    for figure in FIGURES:
        for place, stage in enumerate(("first", "last")):
            found = estimates.mean(own[own["stage"] == stage][figure])
            known = f"{PUBLISHED.get(figure, '')}{place + 1}"
            also, alike = (float(np.mean([pair[place][figure] for pair in some])) for some in (fresh, other))
            moment = f"{kernel[known]:7.3f} {people[known][0]:7.3f}" if known in people else f"{'':7} {'':7}"
            interval = f"{found.low:.3f} to {found.high:.3f}"
            print(f"{figure:>24} {stage:>6} {found.value:7.3f} {interval:>17} {also:9.3f} {alike:7.3f} {moment}")
    wide = own.pivot_table(index=["run", "assembly"], columns="stage", values="plain")
    print(f"index rose in {(wide['last'] > wide['first']).mean():.2f} of assemblies (people: {people['dri_up'][0]})")


if __name__ == "__main__":
    main()
