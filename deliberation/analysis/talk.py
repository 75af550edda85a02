"""Who talks, how much and with which reasons: participation, argument repertoire and diversity, from frames of runs.

It counts words, turns and points made, and never judges a speech: see `NOT_CODED`. In a simulation that gives turns by
a schedule, shares of turns measure the scheduler, so whether what somebody says is taken up (`analysis.uptake`) tells
more than how much was said (Parthasarathy, Rao and Palaniswamy 2019, American Political Science Review 113:623;
Karpowitz, Mendelberg and Shaker 2012, ibid. 106:533).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deliberation.analysis import estimates
from deliberation.analysis.measures import Array
from deliberation.analysis.points import OPEN, Key, first_ratings, groups, leans, of_question, said
from deliberation.analysis.uptake import uptake_rows
from deliberation.people.selecting import gini
from deliberation.records.agenda import Question

if TYPE_CHECKING:
    import pandas as pd

NOT_CODED = (
    "Deliberation quality (Steenbergen et al. 2003) is a coder's judgment of each speech, and is not given here: a "
    "coder, human or model, must first be shown to agree with people who were trained to code (Krippendorff's alpha)."
)
"""Why there is no index of discourse quality, in words that a report can show."""


def participation(turns: pd.DataFrame, panels: pd.DataFrame, *, by: str = "outlook") -> pd.DataFrame:
    """Turns and words of each seated member, those who said nothing included: a row a member.

    What counts are speeches and questions to a witness in the open. An assembly in which no member speaks has no row.

    Returns:
        run, assembly, member, name, group, turns, words, and `simulated` where the turns say so.
    """
    import pandas as pd

    spoken = turns[turns["kind"].isin(["spoke", "asked"]) & (turns["role"] == "member")]
    spoken = spoken[spoken["purpose"].isna() | spoken["purpose"].isin(list(OPEN))]
    spoken = spoken.assign(words=[len(str(text).split()) for text in spoken["text"]])
    keys = ["run", "assembly"]
    sums = spoken.groupby([*keys, "speaker"])["words"].agg(turns="size", words="sum").reset_index()
    seats = panels[[*keys, "member", "name"]].copy()
    seats["group"] = pd.Series(list(groups(panels, by).values()), index=seats.index, dtype="str")
    seats = seats.merge(spoken[keys].drop_duplicates(), on=keys)
    found = seats.merge(sums, how="left", left_on=[*keys, "member"], right_on=[*keys, "speaker"])
    found = found.drop(columns="speaker").fillna({"turns": 0, "words": 0})
    return _labelled(found.astype({"group": "str", "turns": "int64", "words": "int64"}), turns)


def equality(turns: pd.DataFrame, panels: pd.DataFrame) -> pd.DataFrame:
    """How equally members speak: a row an assembly.

    gini_*: 0 all alike, (n - 1) / n one speaks alone (Gini 1912). entropy_*: -sum p ln p / ln n, 1 all alike, 0 one
    speaks alone (Shannon 1948). Under a schedule of turns these are the schedule's.

    Returns:
        run, assembly, members, silent, gini_turns, gini_words, entropy_turns, entropy_words.
    """
    import pandas as pd

    rows = []
    for (run, assembly), part in participation(turns, panels).groupby(["run", "assembly"], sort=False):
        found: dict[str, Any] = {"run": run, "assembly": assembly, "members": len(part)}
        found["silent"] = float((part["turns"] == 0).mean())
        for name in ("turns", "words"):
            amount = part[name].to_numpy(dtype=np.float64)
            found[f"gini_{name}"] = gini(amount, np.ones(len(amount)))
            found[f"entropy_{name}"] = entropy(amount) / np.log(len(amount)) if len(amount) > 1 else np.nan
        rows.append(found)
    names = ["gini_turns", "gini_words", "entropy_turns", "entropy_words"]
    return pd.DataFrame(rows, columns=["run", "assembly", "members", "silent", *names])


def entropy(counts: Array) -> float:
    """-sum p ln p of counts, in nats (Shannon 1948)."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())


def shares(turns: pd.DataFrame, panels: pd.DataFrame, *, by: str = "outlook") -> pd.DataFrame:
    """Each group's share of seats, turns and words in each assembly, and words over seats: 1 where it talks its share.

    As in Karpowitz, Mendelberg and Shaker 2012, who set women's share of talk against their share of seats.

    Returns:
        run, assembly, group, seats, turns, words, turns_ratio, words_ratio: a row a group that has a seat.
    """
    found = participation(turns, panels, by=by).assign(seats=1)
    keys, amounts = ["run", "assembly"], ["seats", "turns", "words"]
    # those of no known group count among all, and get no row of their own
    found[amounts] = found[amounts] / found.groupby(keys)[amounts].transform("sum")
    part = found.dropna(subset=["group"]).groupby([*keys, "group"], sort=True)[amounts].sum().reset_index()
    return part.assign(turns_ratio=part["turns"] / part["seats"], words_ratio=part["words"] / part["seats"])


def repertoire(turns: pd.DataFrame, polls: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Distinct reasons that each member gives, for its own side and for the other: a row a member who makes a point.

    Argument repertoire is the number of relevant reasons that one can give for one's own opinion and against it
    (Cappella, Price and Nir 2002, Political Communication 19:73). There people were asked for them; here it is what
    they bring up, which hangs on how often they speak. A point is for one's own side where stance x sum_p direction_p
    (r_p - mean r) is above 0, r being one's first ratings; null for who was not polled.

    Returns:
        run, assembly, member, turns, arguments, perspectives (of argument and stance), own, other.

    Raises:
        DataError: turns on another question.
    """
    import pandas as pd

    of_question(turns, question)
    directions, held = leans(question), first_ratings(polls, question)
    made: dict[Key, list[tuple[tuple[str, int], ...]]] = defaultdict(list)
    for one in said(turns, kinds=("spoke",)):
        made[one.run, one.assembly, one.speaker].append(one.points)
    rows = []
    for key, speeches in made.items():
        pairs = {point for points in speeches for point in points if point[0] in directions}
        if pairs:
            found = {"turns": len(speeches), "arguments": len({name for name, _ in pairs}), "perspectives": len(pairs)}
            rows.append((*key, *found.values(), *_sides(pairs, directions, held.get(key))))
    columns = ["run", "assembly", "member", "turns", "arguments", "perspectives", "own", "other"]
    return pd.DataFrame(rows, columns=columns).astype({"own": "float64", "other": "float64"})


def _sides(
    pairs: Iterable[tuple[str, int]], directions: Mapping[str, Array], held: Array | None
) -> tuple[float | None, float | None]:
    """Distinct arguments for one's own side and for the other."""
    if held is None:
        return None, None
    sided = {(name, float(np.sign(stance * directions[name] @ (held - held.mean())))) for name, stance in pairs}
    return sum(side > 0 for _, side in sided), sum(side < 0 for _, side in sided)


def diversity(turns: pd.DataFrame, *, question: Question | None = None, at: int | None = None) -> pd.DataFrame:
    """How many different reasons an assembly's members bring up: a row an assembly in which a point is made.

    hill_1 = exp(entropy) and hill_2 = 1 / sum p^2 are the numbers of arguments, all equally common, that would be as
    diverse as those made (Hill 1973, Ecology 54:427). `rarefied`: distinct arguments to be expected in so few turns.
    It is reported because simulated publics may reach human scores of discourse quality and still say fewer things
    (DelibSim, OpenReview nw6d3107YU: a perspective diversity of 6.5, of people 18.8; counts here are of a given map,
    and not to be set beside those).

    Args:
        turns: as of `frames.turns`.
        question: whose map is covered; without it coverage is null.
        at: turns to rarefy to; by default as many as the assembly with the fewest that make a point.

    Returns:
        run, assembly, turns (that make a point), arguments, perspectives, coverage, hill_1, hill_2, rarefied.
    """
    import pandas as pd

    made = _made(turns)
    common = at or min((len(speeches) for speeches in made.values()), default=1)
    size = None if question is None else len(question.considerations)
    rows = []
    for (run, assembly), speeches in made.items():
        counts, present = _tallies(speeches)
        amount = np.array(list(counts.values()), dtype=np.float64)
        share = amount / amount.sum()
        rows.append({
            "run": run, "assembly": assembly, "turns": len(speeches), "arguments": len(counts),
            "perspectives": len({point for points in speeches for point in points}),
            "coverage": len(counts) / size if size else np.nan, "hill_1": float(np.exp(entropy(amount))),
            "hill_2": float(1.0 / (share**2).sum()), "rarefied": rarefied(present, len(speeches), common),
        })  # fmt: skip
    columns = ["turns", "arguments", "perspectives", "coverage", "hill_1", "hill_2", "rarefied"]
    return pd.DataFrame(rows, columns=["run", "assembly", *columns])


def rarefaction(turns: pd.DataFrame) -> pd.DataFrame:
    """The curve of `rarefied` from 1 turn to all: run, assembly, turns, arguments; `simulated` where turns say so."""
    import pandas as pd

    rows = []
    for (run, assembly), speeches in _made(turns).items():
        present = _tallies(speeches)[1]
        rows += [(run, assembly, m, rarefied(present, len(speeches), m)) for m in range(1, len(speeches) + 1)]
    return _labelled(pd.DataFrame(rows, columns=["run", "assembly", "turns", "arguments"]), turns)


def _labelled(found: pd.DataFrame, turns: pd.DataFrame) -> pd.DataFrame:
    """What turns say of each run's being simulated, carried over to what was made of them."""
    if "simulated" not in turns.columns:
        return found
    return found.assign(simulated=found["run"].map(turns.groupby("run")["simulated"].first()).astype("bool"))


def rarefied(present: Sequence[int], turns: int, at: int) -> float:
    """Distinct arguments to be expected in `at` turns drawn from all without putting back; nan beyond all of them.

    sum_c 1 - C(T - T_c, m) / C(T, m), T_c being the turns that bring up c (Hurlbert 1971; over samples: Colwell et al.
    2012, Journal of Plant Ecology 5:3, equation 17).

    >>> rarefied([2, 1], 3, 1)
    1.0
    """
    if not 0 < at <= turns:
        return float("nan")
    # C(T - t, m) / C(T, m) factor by factor, for of a thousand turns neither is a number any more
    return float(sum(1.0 - np.prod([(turns - at - k) / (turns - k) for k in range(one)]) for one in present))


def _made(turns: pd.DataFrame) -> dict[tuple[str, str], list[tuple[tuple[str, int], ...]]]:
    """Points of each speech that makes one, by assembly."""
    made: dict[tuple[str, str], list[tuple[tuple[str, int], ...]]] = defaultdict(list)
    for one in said(turns, kinds=("spoke",)):
        if one.points:
            made[one.run, one.assembly].append(one.points)
    return made


def _tallies(speeches: Sequence[tuple[tuple[str, int], ...]]) -> tuple[Counter[str], list[int]]:
    """How often each argument is brought up, and in how many speeches."""
    counts = Counter(name for points in speeches for name, _ in points)
    within = Counter(name for points in speeches for name in {name for name, _ in points})
    return counts, list(within.values())


def talk_summary(
    turns: pd.DataFrame, panels: pd.DataFrame, *, polls: pd.DataFrame | None = None, question: Question | None = None,
    by: str = "outlook",
) -> pd.DataFrame:  # fmt: skip
    """Participation, repertoire, diversity and uptake of each run: mean over assemblies with its interval.

    `rarefied` is to the turns of the assembly with the fewest in all runs given: give together what is to be compared.

    Args:
        turns: as of `frames`.
        panels: as of `frames`.
        polls: as of `frames`; without them, or without the question, there is no repertoire.
        question: whose map is covered; without it there is no coverage.
        by: the attribute whose values are groups.

    Returns:
        run, measure, group, value, low, high, n, unit.

    Raises:
        DataError: rows on another question than the one given.
    """
    if question is not None:
        of_question(turns, question)
    share, positive, runs = estimates.SHARE, estimates.POSITIVE, list(panels["run"].unique())
    equal = ("silent", "gini_turns", "gini_words", "entropy_turns", "entropy_words")
    rows = estimates.means(equality(turns, panels), dict.fromkeys(equal, share), runs=runs)
    ratios = dict.fromkeys(("turns_ratio", "words_ratio"), positive)
    rows += estimates.means(shares(turns, panels, by=by), ratios, runs=runs)
    found = ("arguments", "perspectives", "hill_1", "hill_2", "rarefied")
    rows += estimates.means(
        diversity(turns, question=question), {**dict.fromkeys(found, positive), "coverage": share}, runs=runs
    )
    if polls is not None and question is not None:
        rows += _repertoires(repertoire(turns, polls, question), groups(panels, by), runs)
    return estimates.summary(rows + uptake_rows(turns, panels, by=by))


def _repertoires(found: pd.DataFrame, of: Mapping[Key, str | None], runs: Sequence[str]) -> list[estimates.Row]:
    """Mean repertoire of all who made a point, and of those of each group."""
    import pandas as pd

    keys = zip(found["run"], found["assembly"], found["member"], strict=True)
    found = found.assign(group=pd.Series([of.get(key) for key in keys], index=found.index, dtype="str"))
    names = {"arguments": "repertoire", "own": "repertoire_own", "other": "repertoire_other"}
    limits = dict.fromkeys(names.values(), estimates.POSITIVE)
    rows = []
    for by in (["run", "assembly"], ["run", "assembly", "group"]):
        each = found.groupby(by, sort=True)[list(names)].mean().reset_index().rename(columns=names)
        rows += estimates.means(each, limits, runs=runs)
    return rows
