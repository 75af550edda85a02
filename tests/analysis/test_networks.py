"""Graphs of talk: who replied to whom, what followed what, and figures of them with known values."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from handtalk import joined, panels, polls, question, turn, turns, witness
from hypothesis import given
from hypothesis import strategies as st

from deliberation.analysis import graphs, networks
from deliberation.errors import DataError
from deliberation.randomness import stream
from deliberation.records.folder import RunFolder

FOUR = {"ann": "red", "bob": "red", "cleo": "blue", "dan": "blue"}


def test_replies_are_edges_to_whom_is_replied_to() -> None:
    said = turns(
        witness(refs=("x-exhibit",)), turn("ann"), turn("bob", refs=("e-a-1-101",)),
        turn("bob", refs=("e-a-1-101", "e-a-1-102")), turn("cleo", refs=("e-a-1-100", "e-a-1-999")),
    )  # fmt: skip
    graph = networks.reply_graph(said, panels(FOUR))
    edges = {(one, other): data["weight"] for one, other, data in graph.edges(data=True)}
    assert edges == {("bob", "ann"): 2, ("cleo", "witness"): 1}
    assert graph.nodes["dan"] == {"name": "Dan", "kind": "member", "group": "blue"}
    assert graph.nodes["witness"]["kind"] == "witness"


def test_a_graph_of_people_is_of_one_assembly() -> None:
    said = turns(turn("ann"), turn("ann", assembly="a-2"))
    with pytest.raises(DataError, match="2 assemblies"):
        networks.reply_graph(said, panels(FOUR))


def test_all_replies_returned_and_none_are_the_two_ends_of_reciprocity() -> None:
    both: nx.DiGraph[str] = nx.DiGraph([("a", "b"), ("b", "a")])
    both.add_nodes_from(["c", "d"])
    found = graphs.shape(both)
    assert found.density == pytest.approx(2 / 12)
    assert (found.reciprocity, found.rho) == (1, 1)
    ring: nx.DiGraph[str] = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "a")])
    found = graphs.shape(ring)
    assert found.reciprocity == 0
    assert found.rho == pytest.approx(-1)  # (0 - 1/2) / (1 - 1/2)


def test_chance_returns_as_many_as_density_says() -> None:
    draw = stream(5, "graph")
    table = draw.random((60, 60)) < 0.3
    np.fill_diagonal(table, val=False)
    graph = nx.relabel_nodes(nx.from_numpy_array(table, create_using=nx.DiGraph), str)
    found = graphs.shape(graph)
    assert found.reciprocity == pytest.approx(nx.overall_reciprocity(graph))
    assert found.rho == pytest.approx(0, abs=0.04)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), min_size=1, max_size=20))
def test_assortativity_is_newmans(edges: list[tuple[str, str]]) -> None:
    graph: nx.DiGraph[str] = nx.DiGraph([pair for pair in edges if pair[0] != pair[1]])
    for node in graph:
        graph.nodes[node]["group"] = "low" if node < "c" else "high"
    found = graphs.shape(graph).assortativity
    if found is not None:
        assert found == pytest.approx(nx.attribute_assortativity_coefficient(graph, "group"))
    else:
        assert not graph.edges or len({graph.nodes[n]["group"] for pair in graph.edges for n in pair}) == 1


def test_a_graph_without_an_edge_tells_nothing() -> None:
    graph = networks.reply_graph(turns(turn("ann"), turn("bob")), panels(FOUR))
    found = graphs.shape(graph)
    assert (found.nodes, found.edges) == (4, 0)
    assert found.density is found.reciprocity is found.rho is found.assortativity is None
    assert graphs.pagerank(graph) is None


def test_who_is_replied_to_by_all_ranks_first() -> None:
    star: nx.DiGraph[str] = nx.DiGraph([("b", "a"), ("c", "a"), ("d", "a")])
    rank = graphs.pagerank(star)
    assert rank is not None
    assert max(rank, key=rank.__getitem__) == "a"
    assert sum(rank.values()) == pytest.approx(1)


def test_people_who_sat_together_twice_are_tied_twice() -> None:
    said = turns(
        turn("ann"), turn("bob"), turn("cleo", table="table-2"), turn("ann", round=2), turn("bob", round=2),
        turn("cleo", round=2), turn("dan", phase="plenary", table=None),
    )  # fmt: skip
    graph = networks.table_graph(said, panels(FOUR))
    assert {tuple(sorted((one, other))): data["weight"] for one, other, data in graph.edges(data=True)} == {
        ("ann", "bob"): 2, ("ann", "cleo"): 1, ("bob", "cleo"): 1,
    }  # fmt: skip
    assert "dan" in graph


def test_seats_name_also_those_who_kept_silent(run: RunFolder) -> None:
    seats = networks.seats(run)
    sat = seats.groupby(["assembly", "round"])["member"].nunique()
    assert (sat == 6).all()
    assert seats.groupby(["assembly", "round", "member"]).size().max() == 1


def test_an_argument_leads_to_what_is_said_in_reply_to_it() -> None:
    map_ = question({"cost": [1.0, -1.0], "trust": [-1.0, 1.0]})
    cost, trust = map_.considerations
    map_ = map_.model_copy(update={"considerations": (cost, trust.model_copy(update={"rebuts": ("cost",)}))})
    said = turns(
        turn("ann", [("cost", 1)]), turn("bob", [("trust", 1)], refs=("e-a-1-100",)), turn("cleo", [("cost", -1)])
    )
    graph = networks.argument_graph(said, question=map_)
    assert list(graph.edges(data=True)) == [("cost", "trust", {"weight": 1, "rebuts": True})]
    assert graph.nodes["cost"] == {"asserted": 1, "rejected": 1}
    assert "rebuts" not in networks.argument_graph(said).edges["cost", "trust"]


def test_credit_for_an_argument_is_shared_by_those_from_whom_it_was_heard() -> None:
    said = turns(
        turn("ann", [("cost", 1)]), turn("bob", [("cost", 1)]), turn("cleo", [("cost", -1), ("law", 1)]),
        turn("dan", [("cost", 1)], table="table-2"), turn("cleo", [("cost", 1)]), turn("ann", [("cost", 1)]),
    )  # fmt: skip
    graph = networks.influence_graph(said, panels(FOUR))
    weights = {(one, other): data["weight"] for one, other, data in graph.edges(data=True)}
    assert weights == {("ann", "bob"): 1, ("ann", "cleo"): 0.5, ("bob", "cleo"): 0.5}  # dan heard nobody say it


def test_movement_is_how_much_nearer_one_came_to_what_the_other_first_held() -> None:
    said = turns(turn("ann", [("cost", 1)]), turn("bob", [("cost", 1)]))
    held = polls(
        {"ann": [{"go": 7, "stay": 1}, {"go": 7, "stay": 1}], "bob": [{"go": 1, "stay": 3}, {"go": 4, "stay": 3}]}
    )
    graph = networks.influence_graph(
        said, panels(FOUR), polls=held, question=question({"cost": [1.0, -1.0], "law": [0.0, 0.0]})
    )
    assert graph.edges["ann", "bob"]["movement"] == pytest.approx((3 + 0) / 2)


def test_graphs_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    said = turns(turn("ann"), turn("bob", refs=("e-a-1-100",)))
    graph = networks.reply_graph(said, panels({**FOUR, "eve": None}))
    written = graphs.write_graph(graph, tmp_path / "a.json").read_text()
    backs: list[nx.Graph[str]] = [
        nx.read_graphml(graphs.write_graph(graph, tmp_path / "a.graphml")),
        nx.node_link_graph(json.loads(written), edges="edges"),
    ]
    for back in backs:
        assert {node: dict(back.nodes[node]) for node in back} == {node: dict(graph.nodes[node]) for node in graph}
        assert [(*pair, back.edges[pair]["weight"]) for pair in back.edges] == [("bob", "ann", 1)]
    with pytest.raises(DataError, match=r"\.dot"):
        graphs.write_graph(graph, tmp_path / "a.dot")


def test_a_summary_is_null_where_nobody_replies_and_no_point_is_made() -> None:
    found = networks.network_summary(turns(turn("ann"), turn("bob")), panels(FOUR)).set_index("measure")
    assert found["value"].isna().all()
    assert (found["n"] == 0).all()


def test_a_summary_takes_members_alone_and_the_mean_of_assemblies() -> None:
    said = turns(
        turn("ann"), turn("bob", refs=("e-a-1-100",)), turn("ann", refs=("e-a-1-101",)), witness(refs=("e-a-1-100",)),
        turn("ann", assembly="a-2"), turn("cleo", assembly="a-2", refs=("e-a-2-100",)),
    )  # fmt: skip
    found = networks.network_summary(said, joined(panels(FOUR), panels(FOUR, assembly="a-2"))).set_index("measure")
    assert found.loc["reply_reciprocity", "value"] == pytest.approx((1 + 0) / 2)
    assert found.loc["reply_density", "value"] == pytest.approx((2 / 12 + 1 / 12) / 2)
    ranks = found.loc["reply_rank"].set_index("group")["value"]
    assert ranks.mean() == pytest.approx(1)
    assert ranks["red"] > 1 > ranks["blue"]
