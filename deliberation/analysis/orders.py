"""What hangs on order alone: the place at which a position or a clause is shown, and who speaks first.

Orders are drawn by lot, so what ratings and outcomes owe to them is an effect of the order and no choice of anybody's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deliberation.analysis import estimates, validity
from deliberation.analysis.measures import Array
from deliberation.analysis.points import Key, Said, first_ratings, lean_of, leans, of_question, said
from deliberation.records.agenda import Question
from deliberation.records.events import Voted
from deliberation.records.folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd


def slates(folder: RunFolder) -> pd.DataFrame:
    """Votes and the place at which each clause was shown, 0 first: run, assembly, phase, member, clause, place, choice.

    Votes of which the place is not known are left out.

    Raises:
        TornRecord: a line of a transcript is not an event.
    """
    import pandas as pd

    run = folder.manifest().content.run
    rows = [
        (run, e.assembly, e.phase, e.speaker, e.clause, e.place, e.choice)
        for panel in folder.panels()
        for e in folder.events(panel.assembly)
        if isinstance(e, Voted) and e.place is not None
    ]
    return pd.DataFrame(rows, columns=["run", "assembly", "phase", "member", "clause", "place", "choice"])


def position_effect(polls: pd.DataFrame) -> pd.DataFrame:
    """Slope of ratings, 0 to 1, on the place shown, from last (-.5) to first (.5), within people: a row a run.

    A rating is taken less the mean of its position in that poll, first or second. Above 0: what is shown first is rated
    higher. `z` has errors by person, as `Diagnostics.order_z`; the interval has the assembly as its unit.

    Returns:
        run, slope, z, people, low, high, n; null where places are not known, or are the same for all.
    """
    seen = polls.dropna(subset=["rating", "place"])
    seen = seen.assign(
        item=seen["poll"].astype(str) + " " + seen["position"].astype(str), sheet=seen["event"],
        y=(seen["rating"].astype("float64") - 1.0) / 6.0,
    )  # fmt: skip
    return _by_place(seen, list(polls["run"].unique()))


def place_effect(slate: pd.DataFrame) -> pd.DataFrame:
    """Slope of support (1 for, 0 against) on the clause's place on the slate, from last (-.5) to first (.5), by run.

    Support is taken less the clause's mean in that vote; abstentions and votes that are missing are left out.

    Returns:
        As `position_effect`.
    """
    seen = slate[slate["choice"].isin(["support", "oppose"])]
    seen = seen.assign(
        item=seen["phase"].astype(str) + " " + seen["clause"].astype(str),
        y=(seen["choice"] == "support").astype("float64"),
        sheet=seen["assembly"].astype(str) + " " + seen["phase"].astype(str) + " " + seen["member"].astype(str),
    )  # fmt: skip
    return _by_place(seen, list(slate["run"].unique()))


def _by_place(seen: pd.DataFrame, runs: Sequence[str]) -> pd.DataFrame:
    """One row a run from ratings `y` of an `item`, shown at a place of a `sheet`."""
    import pandas as pd

    rows = []
    for run in runs:
        own = seen[seen["run"] == run]
        found: dict[str, Any] = {"run": run, "slope": None, "z": None, "people": 0, "low": None, "high": None, "n": 0}
        # shown alike to all, place and item are one
        places = own.groupby("item")["place"]
        if (places.max() > places.min()).any():
            place = own["place"].astype("float64")
            size = place.groupby(own["sheet"]).transform("max").clip(lower=1.0)
            x = (0.5 - place / size).to_numpy()
            y = (own["y"] - own.groupby("item")["y"].transform("mean")).to_numpy()
            who = (own["assembly"].astype(str) + " " + own["member"].astype(str)).to_numpy()
            told = estimates.slope(x, y, who, own["assembly"].to_numpy())
            codes = np.unique(who, return_inverse=True)[1].astype(np.int64)
            found |= {"slope": told.value, "z": validity.slope(x, y, codes)[1], "people": len(np.unique(codes))}
            found |= {"low": told.low, "high": told.high, "n": told.n}
        rows.append(found)
    frame = pd.DataFrame(rows, columns=["run", "slope", "z", "people", "low", "high", "n"])
    return frame.astype(dict.fromkeys(("slope", "z", "low", "high"), "float64"))


def first_speakers(turns: pd.DataFrame, polls: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Whether others move the way of who speaks first, more than the way of who speaks later: a row a table.

    At the first talk of an assembly, at each table: Pearson's correlation over positions of a speaker's lean (sum over
    points of stance x direction) with the mean change of ratings, last less first, of the others at the table. `first`
    is the first speaker's; `later` the mean of those after it. All are members who were drawn to speak in that order,
    so their difference is what speaking first adds. Where tables are mixed anew afterwards, it is diluted.

    Returns:
        run, assembly, table, first, later, difference; nan where no correlation can be had.

    Raises:
        DataError: turns on another question.
    """
    import pandas as pd

    of_question(turns, question)
    directions = leans(question)
    first, last = first_ratings(polls, question), first_ratings(polls, question, last=True)
    change = {key: last[key] - first[key] for key in last.keys() & first.keys()}
    rows = []
    for (run, assembly, table), speeches in _opening_talk(turns).items():
        opening = {e.speaker: e for e in reversed(speeches) if e.points}
        order = sorted(opening.values(), key=lambda e: e.seq)
        people = {e.speaker for e in speeches}
        scores = [_followed(e, people, directions, change) for e in order]
        if len(scores) > 1 and order[0].seq == min(e.seq for e in speeches):
            rest = [s for s in scores[1:] if s is not None]
            later = float(np.mean(rest)) if rest else np.nan
            lead = np.nan if scores[0] is None else scores[0]
            rows.append((run, assembly, table, lead, later, lead - later))
    return pd.DataFrame(rows, columns=["run", "assembly", "table", "first", "later", "difference"])


def _opening_talk(turns: pd.DataFrame) -> dict[tuple[str, str, str | None], list[Said]]:
    """What was said by members in the first phase and round in which any spoke, by table, in order."""
    talk = sorted(said(turns, kinds=("spoke",)), key=lambda e: (e.run, e.assembly, e.seq))
    when: dict[tuple[str, str], tuple[str, int]] = {}
    found: dict[tuple[str, str, str | None], list[Said]] = defaultdict(list)
    for one in talk:
        phase, round_, table = one.where
        if when.setdefault((one.run, one.assembly), (phase, round_)) == (phase, round_):
            found[one.run, one.assembly, table].append(one)
    return found


def _followed(
    event: Said, people: set[str], directions: Mapping[str, Array], change: Mapping[Key, Array]
) -> float | None:
    """How far the others' change lies the way that a speech leans."""
    lean = lean_of(event.points, directions)
    others = [
        change[key] for p in people - {event.speaker} if (key := (event.run, event.assembly, p)) in change
    ]  # fmt: skip
    if lean is None or not others:
        return None
    moved = np.mean(others, axis=0)
    if np.ptp(lean) == 0 or np.ptp(moved) == 0:
        return None
    return float(np.corrcoef(lean, moved)[0, 1])


def order_rows(
    turns: pd.DataFrame, polls: pd.DataFrame, *, question: Question | None = None, slate: pd.DataFrame | None = None
) -> list[estimates.Row]:
    """Rows of a summary: `shown_first`, `on_slate_first`, `speaks_first`."""
    runs = list(turns["run"].unique())
    rows = []
    effects = [("shown_first", position_effect(polls))]
    if slate is not None:
        effects.append(("on_slate_first", place_effect(slate)))
    for name, frame in effects:
        known = {one["run"]: one for one in frame.to_dict("records")}
        for run in runs:
            one = known.get(run, {})
            low, high, value = (_null(one.get(key)) for key in ("low", "high", "slope"))
            told = estimates.Estimate(value=value, low=low, high=high, n=int(one.get("n", 0)))
            rows.append(estimates.row(run, name, told))
    if question is not None:
        each = first_speakers(turns, polls, question).groupby(["run", "assembly"], sort=False)["difference"].mean()
        rows += estimates.means(
            each.reset_index().rename(columns={"difference": "speaks_first"}), {"speaks_first": (-2.0, 2.0)}, runs=runs
        )
    return rows


def _null(value: Any) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
