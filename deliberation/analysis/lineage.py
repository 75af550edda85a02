"""One chain of ids from persona to training row, walkable both ways. Reads a run folder; judges nothing.

An edge leads from what something rests on to what rests on it: persona -> event -> clause -> ruling -> row, event ->
ballot -> ruling, event -> judgment -> case and row, the clerk's judgement -> clause, clause -> contest -> ruling,
clause -> worked example -> row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deliberation.errors import TraceError
from deliberation.records.base import Record
from deliberation.records.encoding import ROWS, SAMPLES, InspectSample, Provenance
from deliberation.records.events import Amended, Divided, Entailed, Event, Proposed, Related
from deliberation.records.files import read_records
from deliberation.records.folder import RunFolder

if TYPE_CHECKING:
    from networkx import DiGraph

    Graph = DiGraph[str]

_WIDTH = 6
_SHOWN = 110


class Node(Record):
    """One thing in a run: its id, what kind of thing it is, and a line that shows it."""

    id: str
    kind: str
    text: str


class Trace(Record):
    """A thing, everything that it rests on and everything that rests on it."""

    of: Node
    rests_on: tuple[Node, ...]
    leads_to: tuple[Node, ...]


def lineage(folder: RunFolder) -> Graph:
    """The graph of a whole run; nodes carry `kind` and `text`."""
    from networkx import DiGraph

    graph: Graph = DiGraph()
    for panel in folder.panels():
        for person in panel.members:
            _node(graph, person.id, "persona", f"{person.text} (in {panel.assembly})")
        for event in (*folder.events(panel.assembly), *folder.found_events(panel.assembly)):
            _event(graph, event)
    for event in folder.distillation():
        _event(graph, event)
    _clauses(graph, folder)
    _votes(graph, folder)
    _outcomes(graph, folder)
    _examples(graph, folder)
    _rows(graph, folder)
    return graph


def trace(graph: Graph, id_: str) -> Trace:
    """Everything upstream and downstream of one id.

    Raises:
        TraceError: the run does not know the id.
    """
    import networkx as nx

    _known(graph, id_)
    return Trace(
        of=_shown(graph, id_),
        rests_on=tuple(_shown(graph, n) for n in sorted(nx.ancestors(graph, id_))),
        leads_to=tuple(_shown(graph, n) for n in sorted(nx.descendants(graph, id_))),
    )


def tree(graph: Graph, id_: str, *, back: bool, width: int = _WIDTH) -> Iterator[str]:
    """The chain from one id as indented lines, at most `width` branches a node.

    Raises:
        TraceError: the run does not know the id.
    """
    _known(graph, id_)
    yield from _branches(graph, id_, back=back, width=width, depth=1, seen={id_})


def _branches(graph: Graph, id_: str, *, back: bool, width: int, depth: int, seen: set[str]) -> Iterator[str]:
    near = graph.predecessors(id_) if back else graph.successors(id_)

    def quote(other: str) -> str:
        edge = graph.edges[(other, id_) if back else (id_, other)]
        return str(edge.get("quote", ""))

    following = sorted(
        (n for n in near if n not in seen), key=lambda n: (not quote(n), _rank(graph.nodes[n]["kind"]), n)
    )
    for next_ in following[:width]:
        if next_ in seen:  # shown on the way, under an earlier branch
            continue
        seen.add(next_)
        node = graph.nodes[next_]
        told = f'says: "{quote(next_)}"' if quote(next_) else f"{node['kind']}: {_cut(node['text'])}"
        yield f"{'  ' * depth}{next_}  {told}"
        yield from _branches(graph, next_, back=back, width=width, depth=depth + 1, seen=seen)
    if len(following) > width:
        yield f"{'  ' * depth}... and {len(following) - width} more"


_ORDER = (
    "clause",
    "ruling",
    "example",
    "row",
    "spoke",
    "testified",
    "answered",
    "asked",
    "proposed",
    "amended",
    "persona",
    "ballot",
)


def _rank(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _known(graph: Graph, id_: str) -> None:
    if id_ not in graph:
        raise TraceError(f"{id_!r} is nothing in this run")


def _node(graph: Graph, id_: str, kind: str, text: str) -> None:
    graph.add_node(id_, kind=kind, text=text)


def _edges(graph: Graph, sources: Iterable[str], target: str) -> None:
    if target in graph:
        graph.add_edges_from((s, target) for s in sources if s in graph)


def _event(graph: Graph, event: Event) -> None:
    _node(graph, event.id, event.kind, f"{event.speaker}: {event.text}" if event.text else event.speaker)
    _edges(graph, (event.speaker, *event.refs), event.id)
    match event:
        case Proposed() | Amended():
            if event.clause.id not in graph:
                _node(graph, event.clause.id, "draft", event.clause.text)
            _edges(graph, (event.id,), event.clause.id)
            if isinstance(event, Amended) and event.status == "carried":
                _edges(graph, (event.replaces,), event.clause.id)
        case Divided(parts=parts):
            for part in parts:
                if part.id not in graph:
                    _node(graph, part.id, "draft", part.text)
                _edges(graph, (event.id, event.clause), part.id)
        case _:
            pass


def _clauses(graph: Graph, folder: RunFolder) -> None:
    for clause in folder.clauses():
        _node(graph, clause.id, "clause", clause.text)
        for source in clause.sources:
            if source.event in graph:
                graph.add_edge(source.event, clause.id, quote=source.quote)
        _edges(graph, clause.merged_from, clause.id)
    for row in folder.ledger():
        if row.into is not None:
            _edges(graph, (row.event,), row.into)
    for event in folder.distillation():
        if isinstance(event, Related | Entailed | Divided):
            _edges(graph, (event.id,), event.clause)
        if isinstance(event, Related):
            _edges(graph, (event.id,), event.other)


def _votes(graph: Graph, folder: RunFolder) -> None:
    rulings = {ruling.clause: ruling for ruling in folder.rulings()}
    for ruling in rulings.values():
        _node(graph, ruling.id, "ruling", f"{ruling.status}, {ruling.why}")
        _edges(graph, (ruling.clause,), ruling.id)
    for ballot in folder.ballots():
        _node(graph, ballot.id, "ballot", f"{ballot.choice} {ballot.clause}: {ballot.reason}")
        _edges(graph, (ballot.event if ballot.event in graph else ballot.member,), ballot.id)
        if ballot.clause in rulings:
            _edges(graph, (ballot.id,), rulings[ballot.clause].id)
    for judgment in folder.judgments():
        best = ", ".join(judgment.ranking[0]) if judgment.ranking else "nothing"
        _node(graph, judgment.id, "judgment", f"{judgment.case}: {best} first")
        _edges(graph, (judgment.event,), judgment.id)


def _outcomes(graph: Graph, folder: RunFolder) -> None:
    """What else follows: choices between clauses, minority reports, cases."""
    rulings = {ruling.clause: ruling.id for ruling in folder.rulings()}
    for contest in folder.contests():
        _node(graph, contest.id, "contest", f"{contest.kind}: {contest.stands or 'none'} stands")
        _edges(graph, contest.options, contest.id)
        graph.add_edges_from((contest.id, rulings[id_]) for id_ in contest.options if id_ in rulings)
    for report in folder.minorities():
        _node(graph, report.id, "minority report", f"{len(report.members)} members lack {report.clause}")
        _edges(graph, (report.clause, *report.members, *(quote.event for quote in report.reasons)), report.id)
    judged: dict[str, list[str]] = {}
    for judgment in folder.judgments():
        judged.setdefault(judgment.case, []).append(judgment.id)
    for case in folder.cases():
        _node(graph, case.case, "case", f"decided by {', '.join(case.decided_by) or 'no adopted clause'}")
        _edges(graph, (*judged.get(case.case, ()), *(rulings[id_] for id_ in case.decided_by)), case.case)


def _examples(graph: Graph, folder: RunFolder) -> None:
    """Worked examples, each under the clause that it is of; what a reader took one for rests on it."""
    for event in folder.exemplification():
        _event(graph, event)
    for example in folder.examples():
        _node(graph, example.id, "example", f"{example.prompt} ... {example.complies}")
        _edges(graph, (example.clause, example.event), example.id)
    for read in folder.recognitions():
        if read.event in graph and read.example in graph:
            graph.add_edge(read.example, read.event)


def _rows(graph: Graph, folder: RunFolder) -> None:
    """Rows of every format: under their clauses and rulings, and judgments, an example or a file of pairs."""
    judged: dict[str | None, list[str]] = {}
    for judgment in folder.judgments():
        judged.setdefault(judgment.case, []).append(judgment.id)
    for form, kind in ROWS.items():
        for row in read_records(folder.encoding / f"{form}.jsonl", kind):
            _row(graph, row, form, judged)
    for sample in read_records(folder.encoding / SAMPLES, InspectSample):
        _row(graph, sample.metadata, "inspect", judged)


def _row(graph: Graph, row: Provenance, form: str, judged: Mapping[str | None, Sequence[str]]) -> None:
    _node(graph, row.row_id, "row", f"{form}, {row.case or row.example or row.origin}: {row.told()}")
    _edges(graph, (*row.clause_ids, *row.ruling_ids), row.row_id)
    match row.basis:
        case "judged":
            _edges(graph, judged.get(row.case, ()), row.row_id)
        case "clause":
            _edges(graph, () if row.example is None else (row.example,), row.row_id)
        case "given":
            _node(graph, row.origin, "given", "pairs that were handed in")
            _edges(graph, (row.origin,), row.row_id)


def _shown(graph: Graph, id_: str) -> Node:
    node: dict[str, Any] = graph.nodes[id_]
    return Node(id=id_, kind=node["kind"], text=node["text"])


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 3] + "..."
