"""What moves members: the witness, the majority at the table, new arguments; and how far they drift from themselves.

Within one run these are associations. What moved people is told by runs that differ in one thing: `flips_by_arm` and
`contrasts.witness_effect`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deliberation.analysis import diagnostics, estimates
from deliberation.analysis.conformity import conformity, conformity_rows, nearing_rows
from deliberation.analysis.contrasts import decompose_flips
from deliberation.analysis.orders import order_rows
from deliberation.analysis.points import Said, of_question, rooms, said
from deliberation.records.agenda import Exhibit, Question
from deliberation.records.base import normalised
from deliberation.records.folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "conformity", "drift", "drift_slope", "exhibits_cited", "flips_by_arm", "influence_summary", "testimony_shift",
    "witness_arguments",
]  # fmt: skip


def testimony_shift(turns: pd.DataFrame, polls: pd.DataFrame) -> pd.DataFrame:
    """Mean ratings at the polls nearest the witness's testimony, if no member spoke in the open between them.

    As `Diagnostics.testimony`. There is no row where no poll stands between the testimony and the members' talk: then
    what the witness did cannot be told from what the talk did.

    Returns:
        run, assembly, position, before, after, change (in scale points), members (polled both times).
    """
    import pandas as pd

    keys = ["run", "assembly"]
    columns = [*keys, "position", "before", "after", "change", "members"]
    firsts = {
        kind: turns[turns["kind"] == kind].groupby(keys)["seq"].min().rename(kind).reset_index()
        for kind in ("testified", "spoke")
    }
    seen = polls.dropna(subset=["rating"]).merge(firsts["testified"], on=keys)
    seen = seen.merge(firsts["spoke"], on=keys, how="left")
    seen["seq"] = seen["event"].str.rsplit("-", n=1).str[-1].astype("float64")
    seen["rating"] = seen["rating"].astype("float64")
    seen = seen[seen["spoke"].isna() | (seen["seq"] < seen["spoke"])].sort_values("seq", kind="stable")
    one = [*keys, "member", "position"]
    before = seen[seen["seq"] < seen["testified"]].groupby(one)["rating"].last().rename("before")
    after = seen[seen["seq"] > seen["testified"]].groupby(one)["rating"].first().rename("after")
    both = pd.concat([before, after], axis=1, join="inner").groupby([*keys, "position"])
    found = both.mean().assign(members=both.size()).reset_index()
    return found.assign(change=found["after"] - found["before"])[columns]


def witness_arguments(turns: pd.DataFrame, *, question: Question | None = None) -> pd.DataFrame:
    """How much of what members argue the witness brought up: a row an assembly with a witness who makes a point.

    share: of the points that members make afterwards, those on arguments that the witness had brought up before.
    coverage: the share of the map that the witness brought up in all, which is what `share` would be near if members
    chose blindly; null without a question.

    Returns:
        run, assembly, introduced, points, witnessed, share, coverage.
    """
    import pandas as pd

    size = None if question is None else len(question.considerations)
    rows = []
    for (run, assembly), events in rooms(said(turns)).items():
        brought: set[str] = set()
        points = witnessed = 0
        for event in events:
            if event.role == "witness":
                brought |= {name for name, _ in event.points}
            elif brought:
                points += len(event.points)
                witnessed += sum(name in brought for name, _ in event.points)
        if brought:
            share = witnessed / points if points else np.nan
            rows.append(
                (run, assembly, len(brought), points, witnessed, share, len(brought) / size if size else np.nan)
            )
    columns = ["run", "assembly", "introduced", "points", "witnessed", "share", "coverage"]
    return pd.DataFrame(rows, columns=columns)


def exhibits_cited(turns: pd.DataFrame, question: Question) -> pd.DataFrame:
    """What members make of each exhibit that a witness cites: a row an assembly and exhibit.

    named: members who name it afterwards, by its id or its title, in any case. argued: members who afterwards make a
    point that it bears out (bears x stance = 1), whether they know it or not.

    Returns:
        run, assembly, exhibit, cited (how often), members (who spoke afterwards), named, argued.

    Raises:
        DataError: turns on another question.
    """
    import pandas as pd

    of_question(turns, question)
    pack = {exhibit.id: exhibit for exhibit in question.dossier.exhibits}
    texts = dict(zip(zip(turns["run"], turns["id"], strict=True), turns["text"], strict=True))
    rows = []
    for (run, assembly), events in rooms(said(turns)).items():
        cites: dict[str, list[int]] = defaultdict(list)
        for event in events:
            for ref in event.refs if event.role == "witness" else ():
                if ref in pack:
                    cites[ref].append(event.seq)
        for name, times in cites.items():
            later = [e for e in events if e.role == "member" and e.seq > times[0]]
            words = [(e.speaker, normalised(texts[run, e.id])) for e in later]
            rows.append((run, assembly, name, len(times), *_effect(pack[name], later, words)))
    columns = ["run", "assembly", "exhibit", "cited", "members", "named", "argued"]
    return pd.DataFrame(rows, columns=columns)


def _effect(exhibit: Exhibit, later: Sequence[Said], words: Sequence[tuple[str, str]]) -> tuple[int, int, int]:
    """Members who spoke, who named it, who made a point that it bears out."""
    names = [normalised(exhibit.id), normalised(exhibit.title)]
    named = {speaker for speaker, text in words if any(name and name in text for name in names)}
    argued = {e.speaker for e in later if any(exhibit.bears.get(name) == stance for name, stance in e.points)}
    return len({e.speaker for e in later}), len(named), len(argued)


def drift(folder: RunFolder, question: Question) -> pd.DataFrame:
    """How well what members say suits their values, point by point, as `diagnostics.drift`; `turn` 0 is one's first.

    Returns:
        run, assembly, member, phase, round, turn, alignment; no row where anybody's values are not known.
    """
    import pandas as pd

    known = all(person.values is not None for panel in folder.panels() for person in panel.members)  # noqa: PD011  no frame
    found = diagnostics.drift(folder, question) if known else []
    frame = pd.DataFrame(found, columns=["assembly", "member", "phase", "round", "alignment"])
    frame.insert(0, "run", folder.manifest().content.run)
    frame.insert(5, "turn", frame.groupby(["assembly", "member"]).cumcount().astype("int64"))
    return frame


def drift_slope(drifts: pd.DataFrame) -> estimates.Estimate:
    """Slope of alignment on the turn, within people: below 0 they come away from their values as they talk."""
    who = [f"{assembly} {member}" for assembly, member in zip(drifts["assembly"], drifts["member"], strict=True)]
    alignment = drifts["alignment"].to_numpy(dtype=np.float64)
    return estimates.slope(drifts["turn"].to_numpy(dtype=np.float64), alignment, who, drifts["assembly"].to_numpy())


def flips_by_arm(reflection: RunFolder, vacuous: RunFolder, full: RunFolder, question: Question) -> pd.DataFrame:
    """`contrasts.decompose_flips` as rows: instability, conformity and persuasion, shares of members.

    Returns:
        run (of the full arm), measure, group, value, low, high, n, unit; intervals are null: the arms' shares come
        without them.

    Raises:
        DataError: other people sat in one of the arms, or a run has no second poll.
    """
    content = full.manifest().content
    shares = decompose_flips(reflection, vacuous, full, question)
    told = {
        name: estimates.Estimate(value=value, low=None, high=None, n=len(content.assemblies))
        for name, value in shares.items()
    }
    return estimates.summary(estimates.row(content.run, name, one) for name, one in told.items())


def influence_summary(
    turns: pd.DataFrame,
    polls: pd.DataFrame,
    panels: pd.DataFrame,
    *,
    question: Question | None = None,
    slate: pd.DataFrame | None = None,
    drifts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Influence of witness, majority, order and time in each run.

    testimony: mean absolute change of mean ratings, 0 to 1. witness_share, witness_coverage: of `witness_arguments`.
    exhibits_named, exhibits_argued: members over those who spoke after it. The rest: `conformity_rows`, `nearing_rows`,
    `order_rows`, `drift_slope`.

    Args:
        turns: as of `frames.turns`.
        polls: as of `frames.polls`.
        panels: as of `frames.panels`.
        question: what was talked about; without it, what rests on the map is left out.
        slate: as of `orders.slates`; without it, there is no effect of a clause's place.
        drifts: as of `drift`, of one run or several.

    Returns:
        run, measure, group, value, low, high, n, unit.

    Raises:
        DataError: rows on another question than the one given.
    """
    runs = list(panels["run"].unique())
    shifts = testimony_shift(turns, polls)
    each = shifts.assign(testimony=shifts["change"].abs() / 6.0).groupby(["run", "assembly"], sort=False)
    rows = estimates.means(each[["testimony"]].mean().reset_index(), {"testimony": estimates.SHARE}, runs=runs)
    rows += _witness_rows(turns, question, runs)
    rows += order_rows(turns, polls, question=question, slate=slate)
    if question is not None:
        rows += conformity_rows(conformity(turns, polls, panels, question), runs)
        rows += nearing_rows(turns, polls, question, runs)
    if drifts is not None:
        rows += [estimates.row(run, "drift", drift_slope(drifts[drifts["run"] == run])) for run in runs]
    return estimates.summary(rows)


def _witness_rows(turns: pd.DataFrame, question: Question | None, runs: Sequence[str]) -> list[estimates.Row]:
    found: list[Any] = []
    brought = witness_arguments(turns, question=question)
    packs = None if question is None else exhibits_cited(turns, question)
    for run in runs:
        own = brought[brought["run"] == run]
        share = estimates.ratio(own["witnessed"], own["points"], bounds=estimates.SHARE)
        found.append(estimates.row(run, "witness_share", share))
        if packs is not None:
            coverage = estimates.mean(own["coverage"], bounds=estimates.SHARE)
            found.append(estimates.row(run, "witness_coverage", coverage))
            sums = packs[packs["run"] == run].groupby("assembly")[["members", "named", "argued"]].sum()
            for name in ("named", "argued"):
                told = estimates.ratio(sums[name], sums["members"], bounds=estimates.SHARE)
                found.append(estimates.row(run, f"exhibits_{name}", told))
    return found
