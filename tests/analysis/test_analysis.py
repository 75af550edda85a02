from __future__ import annotations

import networkx as nx
import pytest

from deliberation.analysis.lineage import lineage, trace, tree
from deliberation.analysis.summary import summary_of
from deliberation.errors import TraceError
from deliberation.records.encoding import PreferenceRow
from deliberation.records.files import read_records
from deliberation.records.folder import RunFolder


def test_a_row_goes_back_to_the_sentence_and_the_persona_it_rests_on(run: RunFolder) -> None:
    graph = lineage(run)
    row = next(r for r in read_records(run.encoding / "preferences.jsonl", PreferenceRow) if r.clause_ids)
    found = {n.kind: n for n in trace(graph, row.row_id).rests_on}
    assert {"persona", "spoke", "proposed", "clause", "ruling", "ballot", "judgment"} <= set(found)
    clause = next(c for c in run.clauses() if c.id in row.clause_ids)
    for source in clause.sources:
        speaker = graph.nodes[source.event]["text"].split(":")[0]
        assert nx.has_path(graph, speaker, row.row_id)
        assert source.quote in graph.nodes[source.event]["text"]


def test_a_persona_goes_forward_to_its_rows(run: RunFolder) -> None:
    graph = lineage(run)
    person = next(run.panels()).members[0].id
    assert {"row", "ruling", "ballot"} <= {n.kind for n in trace(graph, person).leads_to}


def test_both_directions_are_one_chain(run: RunFolder) -> None:
    graph = lineage(run)
    person = next(run.panels()).members[0].id
    for node in trace(graph, person).leads_to:
        if node.kind == "row":
            assert person in {n.id for n in trace(graph, node.id).rests_on}


def test_the_chain_has_no_circle(run: RunFolder) -> None:
    assert nx.is_directed_acyclic_graph(lineage(run))


def test_every_kind_of_id_can_be_traced(run: RunFolder) -> None:
    graph = lineage(run)
    ids = [
        next(run.panels()).members[0].id, next(run.ballots()).id, next(run.judgments()).id, run.clauses()[0].id,
        run.rulings()[0].id, next(run.events(next(run.panels()).assembly)).id,
    ]  # fmt: skip
    for id_ in ids:
        assert trace(graph, id_).of.id == id_


def test_an_unknown_id_is_named(run: RunFolder) -> None:
    with pytest.raises(TraceError, match="row-000000000000"):
        trace(lineage(run), "row-000000000000")


def test_a_tree_shows_each_thing_once_and_counts_what_it_leaves_out(run: RunFolder) -> None:
    graph = lineage(run)
    ruling = run.rulings()[0].id
    lines = list(tree(graph, ruling, back=True, width=3))
    ids = [line.split()[0] for line in lines if not line.strip().startswith("...")]
    assert len(ids) == len(set(ids))
    assert any(line.strip().startswith("... and") for line in lines)


def test_a_summary_agrees_with_the_files(run: RunFolder) -> None:
    found = summary_of(run)
    assert found.seats == 18
    assert found.quotas_met == found.quotas
    assert len(found.verdicts) == len(run.rulings())
    assert found.rows["preferences"] == len((run.encoding / "preferences.jsonl").read_text().splitlines())
    assert sum(found.attributes["gender"].values()) == 18
