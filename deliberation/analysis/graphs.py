"""Figures of any one graph, and how it is written to a file. Knows nothing of what its nodes are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deliberation.errors import DataError
from deliberation.records.base import Record, canonical
from deliberation.records.files import write_whole

if TYPE_CHECKING:
    import networkx as nx


class Shape(Record):
    """One graph in figures; null where it has no edge to tell them by.

    density: edges over all that there could be, N (N - 1). reciprocity: r, share of edges that are returned. rho: (r -
    density) / (1 - density), above 0 if more are returned than by chance (Garlaschelli and Loffredo 2004, Physical
    Review Letters 93:268701). assortativity: of groups, 1 if edges stay within, 0 if as
    often as by chance (Newman 2003, Physical Review E 67:026126, equation 2), edges counting by weight. As nobody
    replies to oneself, N people of exchangeable groups come out at about -1 / (N - 1).
    """

    nodes: int
    edges: int
    density: float | None
    reciprocity: float | None
    rho: float | None
    assortativity: float | None


def shape(graph: nx.DiGraph[str], *, group: str = "group") -> Shape:
    """Density, reciprocity and assortativity of a directed graph without loops."""
    nodes, edges = graph.number_of_nodes(), graph.number_of_edges()
    if not edges:
        return Shape(nodes=nodes, edges=0, density=None, reciprocity=None, rho=None, assortativity=None)
    density = edges / (nodes * (nodes - 1))
    returned = sum(graph.has_edge(other, one) for one, other in graph.edges) / edges
    rho = (returned - density) / (1.0 - density) if density < 1 else None
    return Shape(
        nodes=nodes, edges=edges, density=density, reciprocity=returned, rho=rho,
        assortativity=_assortativity(graph, group),
    )  # fmt: skip


def _assortativity(graph: nx.DiGraph[str], group: str) -> float | None:
    """(tr e - sum e^2) / (1 - sum e^2) of the weight e_gh from group g to h, over nodes of a known group."""
    of: dict[str, str] = {node: data[group] for node, data in graph.nodes(data=True) if group in data}
    names = sorted(set(of.values()))
    table = np.zeros((len(names), len(names)))
    for one, other, data in graph.edges(data=True):
        if one in of and other in of:
            table[names.index(of[one]), names.index(of[other])] += float(data.get("weight", 1.0))
    if not table.sum():
        return None
    table /= table.sum()
    chance = float(table.sum(axis=1) @ table.sum(axis=0))
    return float((np.trace(table) - chance) / (1.0 - chance)) if chance < 1 else None


def pagerank(graph: nx.DiGraph[str], *, reverse: bool = False) -> dict[str, float] | None:
    """PageRank by weight (Page et al. 1999, damping .85): in a reply graph, who is replied to. None without an edge.

    Args:
        graph: with weights.
        reverse: follow edges backwards: in an influence graph, who influences.
    """
    import networkx as nx

    if not graph.number_of_edges():
        return None
    return dict(nx.pagerank(graph.reverse() if reverse else graph, alpha=0.85, weight="weight"))


def write_graph(graph: nx.Graph[Any], path: Path) -> Path:
    """Write a graph as GraphML (`.graphml`) or as node-link JSON (`.json`, edges under `edges`), by the file's ending.

    Raises:
        DataError: another ending.
        StorageError: the disk would not take it.
    """
    import networkx as nx

    match path.suffix.lower():
        case ".graphml":
            write_whole(path, "\n".join(nx.generate_graphml(graph)) + "\n")
        case ".json":
            write_whole(path, canonical(nx.node_link_data(graph, edges="edges")) + "\n")
        case ending:
            raise DataError(f"{path}: a graph is written as .graphml or .json, not {ending or 'without an ending'}")
    return path
