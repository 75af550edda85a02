"""Who replies to whom, who sat with whom, and which argument follows which, as graphs. Says who spoke to whom, not why.

Replies are what speakers say they reply to. The synthetic public replies to whoever spoke last at its table, so its
reply graph is its order of speaking; in a run of chat models or people it is theirs. Each graph is of one assembly.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from deliberation.analysis import estimates
from deliberation.analysis.conformity import nearer
from deliberation.analysis.graphs import pagerank, shape
from deliberation.analysis.points import first_ratings, groups, said
from deliberation.analysis.uptake import audiences, hears
from deliberation.errors import DataError
from deliberation.records.agenda import Question
from deliberation.records.events import Seated
from deliberation.records.folder import RunFolder

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd


def seats(folder: RunFolder) -> pd.DataFrame:
    """Who was seated at which table: run, assembly, phase, round, table, member. Frames of talk do not tell the silent.

    Raises:
        TornRecord: a line of a transcript is not an event.
    """
    import pandas as pd

    run = folder.manifest().content.run
    rows = [
        (run, event.assembly, event.phase, event.round, event.table, member)
        for panel in folder.panels()
        for event in folder.events(panel.assembly)
        if isinstance(event, Seated) and event.table is not None
        for member in event.members
    ]
    return pd.DataFrame(rows, columns=["run", "assembly", "phase", "round", "table", "member"])


def reply_graph(turns: pd.DataFrame, panels: pd.DataFrame, *, by: str = "outlook") -> nx.DiGraph[str]:
    """Speaker -> speaker replied to, in the open; the weight counts replies. Replies to oneself are left out.

    Nodes are the members of the panel and whoever else spoke, with `name`, `kind` (the role) and `group`; what is null
    is left out. Events that are referred to and not in the frame, such as exhibits, are nobody's words.

    Raises:
        DataError: the turns are of several assemblies.
    """
    graph = _people(turns, panels, by)
    spoke = turns[turns["kind"].isin(["spoke", "asked", "testified", "answered", "facilitated"])]
    speaker_of = dict(zip(spoke["id"], spoke["speaker"], strict=True))
    edges = Counter(
        (speaker, speaker_of[ref])
        for speaker, refs in zip(spoke["speaker"], spoke["refs"], strict=True)
        for ref in refs
        if ref in speaker_of and speaker_of[ref] != speaker
    )
    graph.add_weighted_edges_from((one, other, n) for (one, other), n in edges.items())
    return graph


def table_graph(
    turns: pd.DataFrame, panels: pd.DataFrame, *, by: str = "outlook", seated: pd.DataFrame | None = None
) -> nx.Graph[str]:
    """Who sat with whom: member - member, the weight counts the rounds. Without `seats`, of those who spoke there.

    Raises:
        DataError: the turns are of several assemblies.
    """
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph(_people(turns, panels, by, members=True))
    own = _only(turns)
    for place, members in audiences(turns, seated).items():
        if place[:2] == own:
            for one, other in combinations(sorted(members), 2):
                met = graph.get_edge_data(one, other, {"weight": 0})["weight"]
                graph.add_edge(one, other, weight=met + 1)
    return graph


def argument_graph(turns: pd.DataFrame, *, question: Question | None = None) -> nx.DiGraph[str]:
    """Argument -> argument made in reply to it, by members and witnesses, in one assembly or several.

    Nodes have `asserted` and `rejected`, how often each was; edges `weight`, how often one followed the other, and
    `rebuts`, whether the map says that the latter rebuts the former (left out without a question). An argument made in
    reply to itself is a loop: the same again, for it or against it.
    """
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    events = list(said(turns))
    points_of = {(e.run, e.id): e.points for e in events}
    stances = Counter(point for e in events for point in e.points)
    for name in dict.fromkeys(name for name, _ in stances):
        graph.add_node(name, asserted=stances[name, 1], rejected=stances[name, -1])
    rebuts = {} if question is None else {c.id: c.rebuts for c in question.considerations}
    edges = Counter(
        (before, name) for e in events for ref in e.refs for before, _ in points_of.get((e.run, ref), ())
        for name, _ in e.points
    )  # fmt: skip
    for (before, name), n in edges.items():
        told = {} if question is None else {"rebuts": before in rebuts.get(name, ())}
        graph.add_edge(before, name, weight=n, **told)
    return graph


def influence_graph(
    turns: pd.DataFrame, panels: pd.DataFrame, *, polls: pd.DataFrame | None = None, question: Question | None = None,
    by: str = "outlook", seated: pd.DataFrame | None = None,
) -> nx.DiGraph[str]:  # fmt: skip
    """Edge i -> j where j made an argument for the first time after it had heard i make it.

    The weight is the number of such arguments, each shared equally among those from whom j had heard it, so that what
    comes in to j is the number of arguments that it took over. `movement`: mean over positions of |first_j - first_i| -
    |last_j - first_i|, in scale points: above 0 j came nearer to what i first held; left out where the polls do not
    tell. People who all move to the middle move towards each other, so hold it against pairs who did not meet.

    Args:
        turns: of one assembly.
        panels: as of `frames.panels`.
        polls: as of `frames.polls`.
        question: whose positions were polled.
        by: the attribute whose values are groups.
        seated: as of `seats`; without it, who spoke at a table is who heard it.

    Raises:
        DataError: the turns are of several assemblies.
    """
    graph = _people(turns, panels, by)
    events, audience = sorted(said(turns), key=lambda e: e.seq), audiences(turns, seated)
    weights: dict[tuple[str, str], float] = defaultdict(float)
    made: set[tuple[str, str]] = set()
    voiced: dict[str, list[Any]] = defaultdict(list)
    for event in events:
        for name in dict.fromkeys(name for name, _ in event.points):
            heard = dict.fromkeys(e.speaker for e in voiced[name] if hears(audience, e, event.speaker))
            if event.role == "member" and (event.speaker, name) not in made:
                for source in heard:
                    weights[source, event.speaker] += 1.0 / len(heard)
            made.add((event.speaker, name))
            voiced[name].append(event)
    graph.add_weighted_edges_from((one, other, w) for (one, other), w in weights.items())
    if polls is not None and question is not None:
        _add_movement(graph, _own(polls, turns), question)
    return graph


def _add_movement(graph: nx.DiGraph[str], polls: pd.DataFrame, question: Question) -> None:
    first = {key[2]: ratings for key, ratings in first_ratings(polls, question).items()}
    last = {key[2]: ratings for key, ratings in first_ratings(polls, question, last=True).items()}
    for one, other, data in graph.edges(data=True):
        if one in first and other in first and other in last:
            data["movement"] = nearer(first[one], first[other], last[other])


def network_summary(
    turns: pd.DataFrame, panels: pd.DataFrame, *, polls: pd.DataFrame | None = None, question: Question | None = None,
    by: str = "outlook",
) -> pd.DataFrame:  # fmt: skip
    """Shape of each run's graphs, mean over assemblies, and groups' share of PageRank over their share of seats.

    reply_*: of who replies to whom, witnesses left out. influence_*: of who took arguments over from whom. movement:
    mean over edges of the influence graph.

    Returns:
        run, measure, group, value, low, high, n, unit.
    """
    import pandas as pd

    rows, grouped = [], []
    held = {} if polls is None else dict(list(polls.groupby(["run", "assembly"])))
    for run, assembly, own, seated in _assemblies(turns, panels):
        rated = held.get((run, assembly))
        members = list(seated["member"])
        reply = reply_graph(own, seated, by=by).subgraph(members).copy()
        influence = influence_graph(own, seated, polls=rated, question=question, by=by).subgraph(members).copy()
        rows.append({"run": run, "assembly": assembly, **_figures(reply, influence)})
        of = {key[2]: name for key, name in groups(seated, by).items()}
        for measure, rank in (("reply_rank", pagerank(reply)), ("influence_rank", pagerank(influence, reverse=True))):
            grouped += [
                {"run": run, "measure": measure, "group": g, "ratio": r} for g, r in _over_seats(rank, of).items()
            ]
    names = list(_LIMITS)
    runs = list(panels["run"].unique())
    found = estimates.means(pd.DataFrame(rows, columns=["run", "assembly", *names]), _LIMITS, runs=runs)
    each = pd.DataFrame(grouped, columns=["run", "measure", "group", "ratio"])
    for key, part in each.groupby(["run", "measure", "group"], sort=True):
        told = estimates.mean(part["ratio"], bounds=estimates.POSITIVE)
        found.append(estimates.row(str(key[0]), str(key[1]), told, group=str(key[2])))
    return estimates.summary(found)


_LIMITS = {
    "reply_density": estimates.SHARE, "reply_reciprocity": estimates.SHARE, "reply_rho": estimates.ANY,
    "reply_assortativity": (-1.0, 1.0), "influence_density": estimates.SHARE, "influence_assortativity": (-1.0, 1.0),
    "taken_over": estimates.POSITIVE, "movement": estimates.ANY,
}  # fmt: skip


def _figures(reply: nx.DiGraph[str], influence: nx.DiGraph[str]) -> dict[str, float | None]:
    replies, influences = shape(reply), shape(influence)
    movement = [data["movement"] for _, _, data in influence.edges(data=True) if "movement" in data]
    return {
        "reply_density": replies.density, "reply_reciprocity": replies.reciprocity, "reply_rho": replies.rho,
        "reply_assortativity": replies.assortativity, "influence_density": influences.density,
        "influence_assortativity": influences.assortativity,
        "taken_over": influence.size(weight="weight") / len(influence) if influences.edges else None,
        "movement": float(np.mean(movement)) if movement else None,
    }  # fmt: skip


def _over_seats(rank: Mapping[str, float] | None, of: Mapping[str, str | None]) -> dict[str, float]:
    """Each group's share of rank over its share of seats."""
    if rank is None:
        return {}
    held: dict[str, list[float]] = defaultdict(list)
    for member, group in of.items():
        if group is not None:
            held[group].append(rank[member])
    return {group: float(np.mean(ranks)) * len(of) for group, ranks in held.items()}


def _assemblies(turns: pd.DataFrame, panels: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame, pd.DataFrame]]:
    seated = {key: part for key, part in panels.groupby(["run", "assembly"], sort=False)}  # noqa: C416  types
    for key, own in turns.groupby(["run", "assembly"], sort=False):
        if key in seated:
            yield str(key[0]), str(key[1]), own, seated[key]


def _only(turns: pd.DataFrame) -> tuple[str, str]:
    """Run and assembly that turns are of; empty if there are none."""
    found = turns[["run", "assembly"]].drop_duplicates()
    if len(found) > 1:
        raise DataError(f"turns of {len(found)} assemblies: a graph of people is of one; choose by `assembly`")
    return ("", "") if found.empty else (str(found["run"].iloc[0]), str(found["assembly"].iloc[0]))


def _own(frame: pd.DataFrame, turns: pd.DataFrame) -> pd.DataFrame:
    """The rows of the assembly that turns are of."""
    run, assembly = _only(turns)
    return frame[(frame["run"] == run) & (frame["assembly"] == assembly)]


def _people(turns: pd.DataFrame, panels: pd.DataFrame, by: str, *, members: bool = False) -> nx.DiGraph[str]:
    """A graph of all who sat or spoke, and no edge; it is `simulated` where the turns are."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    if "simulated" in turns.columns and len(set(turns["simulated"])) == 1:
        graph.graph["simulated"] = bool(turns["simulated"].iloc[0])
    own = _own(panels, turns)
    of = {key[2]: group for key, group in groups(own, by).items()}
    for member, name in zip(own["member"], own["name"], strict=True):
        group = of[member]
        graph.add_node(member, name=name, kind="member", **({} if group is None else {"group": group}))
    if not members:
        spoke = turns[turns["kind"].isin(["spoke", "asked", "testified", "answered", "facilitated"])]
        for speaker, role in zip(spoke["speaker"], spoke["role"], strict=True):
            if speaker not in graph:
                graph.add_node(speaker, name=speaker, kind=role)
    return graph
