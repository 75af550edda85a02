"""Frames of talk, polls and panels made by hand, with the columns of `deliberation.analysis.frames`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from deliberation.records.agenda import Consideration, Dossier, Exhibit, Position, Question, Source

TURNS = (
    "run", "question", "assembly", "id", "seq", "phase", "round", "table", "kind", "speaker", "role", "purpose", "text",
    "considerations", "stances", "refs", "call", "simulated",
)  # fmt: skip
POLLS = (
    "run", "question", "assembly", "event", "phase", "round", "poll", "last", "member", "group", "position", "rating",
    "place", "simulated",
)  # fmt: skip

Points = Sequence[tuple[str, int]]


def turn(speaker: str, points: Points = (), *, text: str = "So it is.", **more: Any) -> dict[str, Any]:
    """A member's speech at `table-1`, unless it is said otherwise."""
    return {
        "run": "run-1", "question": "q-x", "assembly": "a-1", "phase": "tables", "round": 1, "table": "table-1",
        "kind": "spoke", "speaker": speaker, "role": "member", "purpose": "reasons", "text": text,
        "considerations": tuple(name for name, _ in points), "stances": tuple(stance for _, stance in points),
        "refs": (), "call": None, "simulated": True, **more,
    }  # fmt: skip


def witness(points: Points = (), **more: Any) -> dict[str, Any]:
    """A witness's testimony."""
    plain = {"kind": "testified", "role": "witness", "purpose": None, "phase": "testimony", "round": 0, "table": None}
    return turn("witness", points, **{**plain, **more})


def turns(*said: dict[str, Any], start: int = 100) -> pd.DataFrame:
    """Events in order: the n-th of an assembly is `e-<assembly>-<start + n>`."""
    places: dict[str, int] = {}
    rows = []
    for one in said:
        seq = one.get("seq", start + places.setdefault(one["assembly"], 0))
        places[one["assembly"]] += 1
        rows.append({"seq": seq, "id": f"e-{one['assembly']}-{seq}", **one})
    names = dict.fromkeys(
        ("run", "question", "assembly", "id", "phase", "table", "kind", "speaker", "role", "purpose", "text"), "str"
    )
    return pd.DataFrame(rows, columns=list(TURNS)).astype({**names, "seq": "int64", "round": "int64"})


def panels(
    members: Mapping[str, str | None], *, assembly: str = "a-1", run: str = "run-1", by: str = "outlook"
) -> pd.DataFrame:
    """A panel from each member's group."""
    rows = [
        {
            "run": run, "question": "q-x", "assembly": assembly, "lot": "", "member": member, "name": member.title(),
            "source": "", "text": "", f"attribute_{by}": group, "simulated": True,
        }
        for member, group in members.items()
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({f"attribute_{by}": "str"})


def polls(
    ratings: Mapping[str, Sequence[Mapping[str, int]]], *, assembly: str = "a-1", run: str = "run-1",
    at: Sequence[int] = (0, 500), shown: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Each member's polls in order; the k-th lies at `at[k]` in the order of events."""
    rows = []
    for member, given in ratings.items():
        for k, sheet in enumerate(given):
            order = None if shown is None else list(shown[member][k])
            for position, rating in sheet.items():
                rows.append({
                    "run": run, "question": "q-x", "assembly": assembly, "event": f"e-{assembly}-{at[k]}",
                    "phase": f"poll-{k}", "round": 0, "poll": k, "last": k == len(given) - 1, "member": member,
                    "group": None, "position": position, "rating": rating,
                    "place": None if order is None else order.index(position), "simulated": True,
                })  # fmt: skip
    kinds = {"rating": "Int64", "place": "Int64", "last": "bool", "poll": "int64", "event": "str", "run": "str"}
    return pd.DataFrame(rows, columns=list(POLLS)).astype(kinds)


def joined(*frames: pd.DataFrame) -> pd.DataFrame:
    """Frames of several assemblies as one."""
    return pd.concat(frames, ignore_index=True)


def question(directions: Mapping[str, Sequence[float]], *, exhibits: Iterable[Exhibit] = ()) -> Question:
    """A question with the positions `go`, `stay`, `wait`, or as many as there are directions, and these arguments."""
    names = ["go", "stay", "wait"][: len(next(iter(directions.values())))]
    return Question(
        id="q-x", title="Whether", text="Whether it should.", domain="d", stakes="s", background="b",
        source=Source(process="p", year=2000, title="t", url="u", licence="l"),
        positions=tuple(Position(id=n, label=n, action=n) for n in names),
        considerations=tuple(
            Consideration(
                id=name, claim=name, because=name, kind="normative", values=("power",),
                direction=dict(zip(names, lean, strict=True)), proviso="p",
            )
            for name, lean in directions.items()
        ),
        dossier=Dossier(exhibits=tuple(exhibits)),
    )  # fmt: skip
