"""Runs as the arms of an experiment: which is which, and by what each differs from a control. Runs nothing.

Arms are told apart by the settings in which their runs differ, the question and the seed aside. The assembly is the
unit; assemblies of two arms are pairs where the same people sat by the same lot; questions are clusters of assemblies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deliberation.analysis import effects
from deliberation.analysis.arms import Arm, arms_of
from deliberation.analysis.comparison import Run
from deliberation.analysis.effects import Difference
from deliberation.analysis.measures import Array
from deliberation.analysis.outcomes import OF_ASSEMBLIES, OF_RUNS, USUAL, outcomes
from deliberation.errors import DataError
from deliberation.randomness import stream
from deliberation.records.base import Record
from deliberation.specification.agreement import benjamini_hochberg

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95
"""How sure an interval is; 1 less it is the level of tests."""


ALIKE = "the same in every assembly"
"""Why there is no test where arms do just the same."""


class Inference(Record):
    """An interval, a p-value against no difference, and its degrees of freedom."""

    low: float
    high: float
    p: float
    df: float


class Effect(Record):
    """By what an arm differs from the control in one outcome, in the outcome's own units.

    `units`, `units_control`: assemblies (or runs) compared; with pairs they are the same. `questions`: over how many.
    `mean`, `mean_control`: means over questions of the questions' means. `over`: for questions like these, each being
    one observation; null with one question. `here`: for these questions alone. `bootstrap`: interval that resamples
    questions and assemblies; a check on `over`. `holm`, `discovery`: p-value adjusted for all effects of the contrast
    (Holm 1979), and whether it is among those found at a false discovery rate of 1 less the level (Benjamini and
    Hochberg 1995). `d_z`, `g`: see `effects`. `p_outside`: against a difference as large as the smallest of interest;
    `same`: whether that is ruled out. `why`: why there is no test.
    """

    arm: str
    outcome: str
    unit: str
    paired: bool
    questions: int
    units: int
    units_control: int
    mean: float
    mean_control: float
    difference: float
    over: Inference | None
    here: Inference | None
    bootstrap: tuple[float, float] | None
    holm: float | None = None
    discovery: bool | None = None
    d_z: float | None
    g: float | None
    p_outside: float | None
    same: bool | None
    why: str | None

    @property
    def main(self) -> Inference | None:
        """What is judged by: questions like these where there are several, else this one."""
        return self.over if self.questions > 1 else self.here


class Contrast(Record):
    """Arms of an experiment against a control. `sesoi`: smallest effect size of interest, in each outcome's units."""

    control: str
    arms: tuple[Arm, ...]
    questions: tuple[str, ...]
    level: float
    sesoi: float | None
    simulated: bool
    effects: tuple[Effect, ...]
    notes: tuple[str, ...]


class _Samples(NamedTuple):
    """An outcome in two arms, an array for each question."""

    arm: list[Array]
    control: list[Array]
    paired: bool


def contrast(
    runs: Sequence[Run],
    *,
    control: str | None = None,
    wanted: Sequence[str] = USUAL,
    sesoi: float | None = None,
    level: float = LEVEL,
) -> Contrast:
    """Hold the arms of an experiment against a control.

    Args:
        runs: finished runs; several of one arm are seeds, or questions.
        control: the control's name, or a part of it that no other arm's name has; by default the first run's arm.
        wanted: outcomes, from `outcomes.OF_ASSEMBLIES` and `OF_RUNS`.
        sesoi: the smallest effect size of interest, against which arms are tested for being the same.
        level: of intervals.

    Raises:
        RunError: fewer than two runs, one twice, or one not complete.
        DataError: the runs differ in nothing, no arm or several have that name, or an outcome is none.
    """
    _check(wanted, sesoi, level)
    arms = arms_of(runs)
    against = _chosen(arms, control)
    frame = arm_outcomes(runs, wanted=wanted)
    found = [
        effect
        for arm in arms
        if arm.name != against.name
        for outcome in dict.fromkeys(wanted)
        if (effect := _effect(frame, arm.name, against.name, outcome, sesoi=sesoi, level=level)) is not None
    ]
    judged = _together(found, level)
    return Contrast(
        control=against.name,
        arms=arms,
        questions=tuple(dict.fromkeys(frame["question"])),
        level=level,
        sesoi=sesoi,
        simulated=bool(frame["simulated"].all()),
        effects=judged,
        notes=tuple(_notes(judged, arms, frame, against.name)),
    )


def arm_outcomes(runs: Sequence[Run], *, wanted: Sequence[str] = USUAL) -> pd.DataFrame:
    """What came of each assembly, with the `arm` that it belongs to: `outcomes` with a column more."""
    frame = outcomes(runs, wanted=wanted)
    by_place = {place: arm.name for arm in arms_of(runs) for place in arm.places}
    return frame.assign(arm=frame["place"].map(by_place).astype("str"))


def _check(wanted: Sequence[str], sesoi: float | None, level: float) -> None:
    known = (*OF_ASSEMBLIES, *OF_RUNS)
    stray = next((name for name in wanted if name not in known), None)
    if stray is not None:
        raise DataError(f"no outcome {stray!r} (there are: {', '.join(known)})")
    if sesoi is not None and not sesoi > 0:
        raise DataError(f"sesoi={sesoi:g}: a smallest effect size of interest is above 0")
    if not 0.5 <= level < 1:
        raise DataError(f"level={level:g}: a level is at least 0.5, and below 1")


def _chosen(arms: Sequence[Arm], control: str | None) -> Arm:
    if control is None:
        return arms[0]
    exact = [arm for arm in arms if arm.name == control]
    found = exact or [arm for arm in arms if control in arm.name]
    if len(found) != 1:
        known = "; ".join(arm.name for arm in arms)
        raise DataError(f"control={control!r}: {len(found)} arms have it (there are: {known})")
    return found[0]


def _effect(
    frame: pd.DataFrame, arm: str, control: str, outcome: str, *, sesoi: float | None, level: float
) -> Effect | None:
    """One effect; null where an arm does not have the outcome on any question that both took up."""
    rows = frame[frame["outcome"] == outcome]
    samples = _samples(rows[rows["arm"] == arm], rows[rows["arm"] == control])
    if not samples.arm:
        return None
    x, y, paired = samples
    here = effects.difference_here(x, y, paired=paired)
    over = effects.difference_over_questions(x, y) if len(x) > 1 else None
    main = over or here
    outside = main.p_outside(sesoi) if sesoi is not None else np.nan
    draw = stream(0, "contrast", arm, control, outcome)
    return Effect(
        arm=arm,
        outcome=outcome,
        unit=str(rows["unit"].iloc[0]),
        paired=paired,
        questions=len(x),
        units=sum(map(len, x)),
        units_control=sum(map(len, y)),
        mean=_rounded_always(np.mean([part.mean() for part in x])),
        mean_control=_rounded_always(np.mean([part.mean() for part in y])),
        difference=_rounded_always(main.value),
        over=_inference(over, level) if over else None,
        here=_inference(here, level),
        bootstrap=_ends(effects.bootstrap(x, y, paired=paired, draw=draw, level=level)) if len(x) > 1 else None,
        d_z=_rounded(effects.d_z(x, y)) if paired else None,
        g=_rounded(effects.hedges_g(x, y, paired=paired)),
        p_outside=_rounded(outside),
        same=None if np.isnan(outside) else bool(outside < 1.0 - level),
        why=None if main.known else _why(x, y),
    )


def _samples(arm: pd.DataFrame, control: pd.DataFrame) -> _Samples:
    """Both arms by question: pairs where the same people sat by the same lot, if every question has two such pairs.

    Runs as a whole are pairs where question and seed are the same.
    """
    key = ["question", "seed", "lot", "people"]
    both = arm.merge(control, on=key, how="inner", suffixes=("", "_control"))
    shared = [question for question in dict.fromkeys(arm["question"]) if (control["question"] == question).any()]
    own, other = (part[part["question"].isin(shared)] for part in (arm, control))
    whole = bool(len(both)) and both["unit"].iloc[0] == "run"
    pairs = both.groupby("question").size()
    once = not (arm.duplicated(key).any() or control.duplicated(key).any())
    if once and shared and all(pairs.get(question, 0) >= (1 if whole else 2) for question in shared):
        return _Samples(_split(both, "value", shared), _split(both, "value_control", shared), paired=True)
    return _Samples(_split(own, "value", shared), _split(other, "value", shared), paired=False)


def _split(frame: pd.DataFrame, column: str, questions: Sequence[str]) -> list[Array]:
    return [frame.loc[frame["question"] == q, column].to_numpy(dtype=np.float64) for q in questions]


def _inference(found: Difference, level: float) -> Inference | None:
    if not found.known:
        return None
    low, high = found.interval(level)
    return Inference(
        low=_rounded_always(low), high=_rounded_always(high), p=float(f"{found.p():.4g}"), df=round(found.df, 2)
    )


def _why(x: Sequence[Array], y: Sequence[Array]) -> str:
    if all(len(a) == len(b) and np.allclose(a, b, rtol=0.0, atol=effects.LEAST) for a, b in zip(x, y, strict=True)):
        return ALIKE
    if all(len(part) == 1 for part in (*x, *y)):
        return "one value an arm, which has no error"
    return "it does not vary, which leaves no error to judge by"


def _together(found: Sequence[Effect], level: float) -> tuple[Effect, ...]:
    """The effects with what becomes of their p-values when all are judged at once."""
    tested = [place for place, effect in enumerate(found) if effect.main is not None]
    p = [main.p for effect in found if (main := effect.main) is not None]
    holm, kept = effects.holm(p), benjamini_hochberg(p, 1.0 - level)
    more: dict[int, dict[str, Any]] = {
        place: {"holm": float(f"{adjusted:.4g}"), "discovery": bool(discovery)}
        for place, adjusted, discovery in zip(tested, holm, kept, strict=True)
    }
    return tuple(effect.model_copy(update=more.get(place, {})) for place, effect in enumerate(found))


def _notes(found: Sequence[Effect], arms: Sequence[Arm], frame: pd.DataFrame, control: str) -> list[str]:
    """What a reader has to know before believing any of it."""
    number = max((effect.questions for effect in found), default=0)
    of_assemblies = [effect for effect in found if effect.unit == "assembly"]
    notes = []
    if number == 1:
        notes.append("One question: what is found holds for this question alone.")
    elif number:
        notes.append(
            f"{number} questions, each one observation ({number - 1} degrees of freedom): intervals hold for questions "
            "like these. `here` is for these questions alone, and narrower."
        )
    loose = sorted({effect.arm for effect in of_assemblies if not effect.paired})
    if loose:
        notes.append(f"Not paired, for other people sat or other lots were drawn: {'; '.join(loose)}.")
    notes += _left(of_assemblies, frame, control)
    alone = sorted({arm.name for arm in arms} - {effect.arm for effect in found} - {control})
    if alone:
        notes.append(f"No outcome on any question that the control took up: {'; '.join(alone)}.")
    seats = frame.loc[frame["unit"] == "assembly", ["seed", "people", "question"]].drop_duplicates()
    if seats.duplicated(["seed", "people"]).any():
        notes.append("The same people sat on several questions, which are therefore not wholly independent.")
    return notes


def _left(found: Sequence[Effect], frame: pd.DataFrame, control: str) -> list[str]:
    most = 0
    for effect in (e for e in found if e.paired):
        rows = frame[frame["outcome"] == effect.outcome]
        sides = [int((rows["arm"] == name).sum()) for name in (effect.arm, control)]
        most = max(most, max(sides) - effect.units)
    return [f"Up to {most} assemblies of an arm have no pair, and are left out."] if most else []


def _ends(interval: tuple[float, float]) -> tuple[float, float]:
    return _rounded_always(interval[0]), _rounded_always(interval[1])


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _rounded_always(value: float | np.floating[Any]) -> float:
    return round(float(value), 6)
