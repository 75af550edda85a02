from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.analysis import frames
from deliberation.analysis.tables import TABLES, TURNS, Table
from deliberation.errors import DataError, RunError, SchemaTooNew, TornRecord
from deliberation.models.journal import Journal, Kept
from deliberation.models.requests import Reply
from deliberation.records.events import PRIVATE, Event, Failed, Point, Polled, Proposed, Spoke, Voted, Weighed
from deliberation.records.files import write_records
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Circumstances, Content, Manifest, Usage
from deliberation.records.people import VALUES, Panel, Persona
from deliberation.settings import Tokens
from deliberation.study.imports import import_record
from deliberation.study.transcripts import read_transcript

HOSTILE = (
    'says "yes", then \\"no\\"', "two\nlines\r\nand\ttabs", f"a{chr(0x2028)}b{chr(0x85)}c", '"kind":"voted"',
    '{"id":"e-a-1-0","kind":"polled"}', "007", "1e9", "null", "NaN", "2024-01-01", "\N{GRINNING FACE} \x7f é",
)  # fmt: skip
LOADERS: dict[str, Callable[[Any], pd.DataFrame]] = {table.name: getattr(frames, table.name) for table in TABLES}


def event(kind: type[Any], seq: int, speaker: str, *, assembly: str = "a-1", **more: Any) -> Any:
    plain = {"phase": "tables", "round": 1, "table": None, "role": "member", "text": "", **more}
    return kind(id=f"e-{assembly}-{seq}", seq=seq, assembly=assembly, speaker=speaker, **plain)


def person(name: str, **attributes: str) -> Persona:
    return Persona(id=f"p-{name}", name=name, attributes=attributes, text=f"I am {name}.", source="by hand")


def folder(
    path: Path, *, members: Iterable[Persona] = (), events: Iterable[Event] = (), run: str = "run-1",
    assembly: str = "a-1",
) -> RunFolder:  # fmt: skip
    """A run with one panel and these events, and nothing else."""
    made = RunFolder(path)
    made.events_folder.mkdir(parents=True)
    content = Content(
        schema_version=1, run=run, study="s", idea="i", seed=7, simulated=True, config_sha256="0" * 64, models={},
        assemblies=(assembly,), failures={}, files={},
    )  # fmt: skip
    now = Circumstances(
        status="running", started="", ended=None, software={}, usage=Usage(), cost=None, seconds={}
    )  # fmt: skip
    made.write_manifest(Manifest(content=content, circumstances=now))
    panel = Panel(assembly=assembly, question="q-x", method="m", pool=9, members=tuple(members), quotas=())
    write_records(path / "panels.jsonl", [panel])
    write_records(made.transcript(assembly), events)
    return made


def known(value: Any) -> Any:
    return None if pd.api.types.is_scalar(value) and pd.isna(value) else value


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): known(v) for k, v in row.items()} for row in frame.to_dict("records")]


def panel_events(run: RunFolder) -> list[tuple[Panel, Any]]:
    return [(panel, e) for panel in run.panels() for e in run.events(panel.assembly)]


def said(run: RunFolder) -> list[dict[str, Any]]:
    """What `turns` is to hold, by way of the records."""
    id_, simulated = run.manifest().content.run, run.manifest().content.simulated
    return [
        {
            "run": id_, "question": panel.question, "assembly": e.assembly, "id": e.id, "seq": e.seq, "phase": e.phase,
            "round": e.round, "table": e.table, "kind": e.kind, "speaker": e.speaker, "role": e.role,
            "purpose": getattr(e, "purpose", None), "text": e.text,
            "considerations": tuple(p.consideration for p in e.points), "stances": tuple(p.stance for p in e.points),
            "refs": e.refs, "call": e.call, "simulated": simulated,
        }
        for panel, e in panel_events(run) if e.kind not in PRIVATE and e.text and e.to is None
    ]  # fmt: skip


def test_turns_are_what_the_events_say(run: RunFolder) -> None:
    wanted = said(run)
    assert {"opened", "spoke", "testified", "proposed", "facilitated"} <= {one["kind"] for one in wanted}
    assert rows(frames.turns(run.path)) == wanted


def test_polls_are_what_the_events_say_each_member_at_its_own_count(run: RunFolder) -> None:
    polled = [(panel, e) for panel, e in panel_events(run) if isinstance(e, Polled)]
    wanted = []
    for number, (panel, e) in enumerate(polled):
        groups = {p.id: p.attributes["outlook"] for p in panel.members}
        before = sum(b.speaker == e.speaker for _, b in polled[:number])
        after = sum(b.speaker == e.speaker for _, b in polled[number + 1 :])
        for position, rating in e.ratings.items():
            wanted.append({
                "run": run.manifest().content.run, "question": panel.question, "assembly": e.assembly, "event": e.id,
                "phase": e.phase, "round": e.round, "poll": before, "last": after == 0, "member": e.speaker,
                "group": groups[e.speaker], "position": position, "rating": rating,
                "place": e.shown.index(position), "simulated": True,
            })  # fmt: skip
    assert rows(frames.polls(run.path)) == wanted
    assert {one["poll"] for one in wanted} == {0, 1}


def test_ballots_are_those_that_count(run: RunFolder) -> None:
    panels = {panel.assembly: panel.question for panel in run.panels()}
    found = rows(frames.ballots(run.path))
    wanted = [b.model_dump(mode="json", exclude={"event", "origin", "place"}) for b in run.ballots()]
    assert [{k: v for k, v in row.items() if k not in ("run", "question", "simulated")} for row in found] == wanted
    assert [row["question"] for row in found] == [panels[row["assembly"]] for row in found]


def test_clauses_count_their_sources(run: RunFolder) -> None:
    found = rows(frames.clauses(run.path))
    for row, clause in zip(found, run.clauses(), strict=True):
        stances = [source.stance for source in clause.sources]
        assert (row["id"], row["text"], row["applies_when"]) == (clause.id, clause.text, clause.applies_when)
        assert (row["sources"], row["supporting"]) == (len(stances), stances.count("for"))
        assert row["supporting"] + row["dissenting"] == row["sources"]
        where = {e.id: e.assembly for _, e in panel_events(run)}
        assert row["assemblies"] == len({where[source.event] for source in clause.sources})
    assert max(row["assemblies"] for row in found) > 1


def test_rulings_have_the_text_of_their_clause_and_json_of_what_has_no_fixed_columns(run: RunFolder) -> None:
    texts = {clause.id: clause.text for clause in run.clauses()}
    for row, ruling in zip(rows(frames.rulings(run.path)), run.rulings(), strict=True):
        assert (row["id"], row["status"], row["support"]) == (ruling.id, ruling.status, ruling.support)
        assert (row["low"], row["high"]) == (ruling.interval or (None, None))
        assert ruling.tally is not None
        assert (row["weight_support"], row["weight_missing"]) == (ruling.tally.support, ruling.tally.missing)
        assert row["text"] == texts[ruling.clause]
        assert json.loads(row["groups"]) == ruling.groups
        assert list(json.loads(row["sensitivity"]).items()) == list(ruling.sensitivity.items())
        assert row["codes"] == ruling.codes


def test_panels_have_values_and_attributes_as_columns(run: RunFolder) -> None:
    found = rows(frames.panels(run.path))
    seats = [(panel, member) for panel in run.panels() for member in panel.members]
    for row, (panel, member) in zip(found, seats, strict=True):
        assert (row["assembly"], row["lot"], row["member"], row["text"]) == (
            panel.assembly, panel.lot, member.id, member.text
        )  # fmt: skip
        assert [row[f"value_{name}"] for name in VALUES] == member.profile()
        named = {k.removeprefix("attribute_"): v for k, v in row.items() if k.startswith("attribute_")}
        assert named == member.attributes
        assert list(named) == sorted(named)


def test_turns_join_the_calls_that_they_came_from(run: RunFolder) -> None:
    calls = frames.calls(run.path)
    turns = frames.turns(run.path).dropna(subset=["call"])
    with Journal(run.journal, durable=False) as journal:
        assert len(calls) == journal.usage().calls
    assert set(turns["call"]) <= set(calls["key"])
    assert calls["key"].is_monotonic_increasing
    assert calls["answerer"].str.startswith("synthetic/").all()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_every_frame_has_its_declared_columns_and_keys_that_tell_rows_apart(run: RunFolder, table: Table) -> None:
    found = LOADERS[table.name](run.path)
    assert [name for name in found.columns if not name.startswith("attribute_")] == list(table.names)
    assert not found.duplicated(list(table.keys)).any()
    assert found["simulated"].all()
    assert len(found) > 0 or table.name == "weighings"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_columns_keep_their_type_where_nothing_is_known(run: RunFolder, tmp_path: Path, table: Table) -> None:
    load = LOADERS[table.name]
    full, none, bare = load(run.path), load([]), load(folder(tmp_path / "bare", members=[person("x")]).path)
    assert len(none) == 0
    for name in table.names:
        assert full[name].dtype == none[name].dtype == bare[name].dtype


def test_an_id_that_looks_like_a_number_stays_text(tmp_path: Path) -> None:
    speaker = event(
        Spoke, 0, "007", phase="12", text="1.50", points=(Point(consideration="03", stance=1),), refs=("00",), call="5"
    )
    sheet = event(Polled, 1, "007", ratings={"01": 3, "1": 4}, shown=("1",))
    made = folder(tmp_path / "run", members=[person("x", age="030")], events=[speaker, sheet], run="0001")
    [row] = rows(frames.turns(made.path))
    assert (row["run"], row["speaker"], row["phase"], row["text"], row["call"]) == ("0001", "007", "12", "1.50", "5")
    assert (row["considerations"], row["stances"], row["refs"]) == (("03",), (1,), ("00",))
    polls = frames.polls(made.path)
    assert list(polls["position"]) == ["01", "1"]
    assert [known(place) for place in polls["place"]] == [None, 0]
    frames.write_frames(made.path, tmp_path / "out")
    assert pq.read_table(tmp_path / "out" / "turns.parquet")["speaker"].to_pylist() == ["007"]
    assert pq.read_table(tmp_path / "out" / "panels.parquet")["attribute_age"].to_pylist() == ["030"]


@pytest.mark.parametrize("text", HOSTILE)
def test_words_come_through_whatever_they_look_like(tmp_path: Path, text: str) -> None:
    events = [
        event(Spoke, 0, text, text=text, table=text, refs=(text,), points=(Point(consideration=text, stance=-1),)),
        event(Voted, 1, "p-x", text=text, clause="c-1", choice="support", rating=None),
        event(Polled, 2, "p-x", text=text, ratings={text: 7}, shown=(text,)),
    ]
    made = folder(tmp_path / "run", members=[person("x", outlook=text)], events=events)
    assert rows(frames.turns(made.path)) == said(made)
    [row] = rows(frames.polls(made.path))
    assert (row["position"], row["group"], row["place"]) == (events[2].shown[0], text, 0)


@given(text=st.text(st.characters(codec="utf-8"), min_size=1), names=st.lists(st.text(st.characters(codec="utf-8"))))
def test_any_words_come_through(tmp_path_factory: pytest.TempPathFactory, text: str, names: list[str]) -> None:
    points = tuple(Point(consideration=name, stance=1) for name in names)
    made = folder(tmp_path_factory.mktemp("any") / "run", events=[event(Spoke, 0, "p-x", text=text, points=points)])
    assert rows(frames.turns(made.path)) == said(made)


def test_what_is_told_in_confidence_or_without_words_is_no_turn(tmp_path: Path) -> None:
    events = [
        event(Spoke, 0, "p-x", text="To myself.", to="p-x"),
        event(Spoke, 1, "p-x", text=""),
        event(Failed, 2, "p-x", text="garble", task="speak", attempts=3, error="e", item=""),
        event(Spoke, 3, "p-x", text="To all."),
    ]
    assert list(frames.turns(folder(tmp_path / "run", events=events).path)["text"]) == ["To all."]


def test_a_poll_that_stayed_unreadable_is_none(tmp_path: Path) -> None:
    events = [
        event(Failed, 0, "p-x", text="garble", task="poll", attempts=3, error="e", item=""),
        event(Polled, 1, "p-y", ratings={"go": 1}),
        event(Polled, 2, "p-x", ratings={"go": 2}),
        event(Polled, 3, "p-y", ratings={"go": 3}),
    ]
    found = frames.polls(folder(tmp_path / "run", members=[person("x", outlook="calm")], events=events).path)
    assert list(zip(found["member"], found["poll"], found["last"], found["rating"], strict=True)) == [
        ("p-y", 0, False, 1), ("p-x", 0, True, 2), ("p-y", 1, True, 3),
    ]  # fmt: skip
    assert [known(group) for group in found["group"]] == [None, "calm", None]


def test_weighings_are_of_considerations_and_no_polls(tmp_path: Path) -> None:
    events = [
        event(Weighed, 0, "p-x", ratings={"cost": 5, "trust": 2}, shown=("trust", "cost")),
        event(Polled, 1, "p-x", ratings={"go": 2}),
    ]
    made = folder(tmp_path / "run", members=[person("x")], events=events)
    found = frames.weighings(made.path)
    assert list(zip(found["consideration"], found["rating"], found["place"], strict=True)) == [
        ("cost", 5, 1), ("trust", 2, 0),
    ]  # fmt: skip
    assert list(frames.polls(made.path)["position"]) == ["go"]


BROKEN = ("half", "tail", "kind", "rating", "stance", "empty", "two", "bytes")


def broken(line: bytes, how: str) -> bytes:
    return {
        "half": line[: len(line) // 2], "tail": line[:-1], "kind": line.replace(b'"kind":"', b'"kind":"un'),
        "rating": line.replace(b'"ratings":{', b'"ratings":{"z":8,').replace(b'"text":"', b'"text":"\x01'),
        "stance": line.replace(b'"refs":[', b'"points":[{"consideration":"c","stance":2}],"refs":[,'), "empty": b"",
        "two": line + line, "bytes": line.replace(b'"text":"', b'"text":"\xff'),
    }[how]  # fmt: skip


INSIDE = ("rating", "stance", "two", "bytes")
"""Damage that leaves the beginning and the end of a line as they were."""


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_line_is_named_by_whatever_shows_its_kind(tmp_path: Path, how: str, number: int) -> None:
    events = [
        event(Spoke, 0, "p-x", text="A."),
        event(Polled, 1, "p-x", ratings={"go": 2}),
        event(Weighed, 2, "p-x", ratings={"cost": 2}),
        event(Spoke, 3, "p-x", text="C."),
    ]
    made = folder(tmp_path / "run", members=[person("x")], events=events)
    path = made.transcript("a-1")
    lines = path.read_bytes().splitlines()
    lines[number - 1] = broken(lines[number - 1], how)
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(DataError):
        list(made.events("a-1"))
    loads = (frames.turns, frames.polls, frames.weighings)
    for load in (loads[number - 1],) if how in INSIDE else loads:
        with pytest.raises(TornRecord, match=rf"a-1\.jsonl line {number}: "):
            load(made.path)


@pytest.mark.parametrize("how", INSIDE)
def test_what_is_broken_inside_a_line_of_another_kind_keeps_nobody_from_the_rest(tmp_path: Path, how: str) -> None:
    events = [event(Spoke, 0, "p-x", text="A."), event(Polled, 1, "p-x", ratings={"go": 2})]
    made = folder(tmp_path / "run", members=[person("x")], events=events)
    path = made.transcript("a-1")
    first, second = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([first, broken(second, how)]) + b"\n")
    assert list(frames.turns(made.path)["text"]) == ["A."]


def test_a_rating_off_the_scale_is_an_error_in_the_records_own_words(tmp_path: Path) -> None:
    made = folder(tmp_path / "run", events=[event(Polled, 0, "p-x", ratings={"go": 2})])
    path = made.transcript("a-1")
    path.write_text(path.read_text().replace('{"go":2}', '{"go":8}'))
    with pytest.raises(TornRecord) as by_records:
        list(made.events("a-1"))
    with pytest.raises(TornRecord) as by_frames:
        frames.polls(made.path)
    assert str(by_frames.value) == str(by_records.value)


def test_a_broken_line_far_into_a_long_file_is_numbered(run: RunFolder, tmp_path: Path) -> None:
    made = copied(run, tmp_path / "run")
    path = made.path / "ballots.jsonl"
    lines = path.read_bytes().splitlines() * 40
    assert sum(map(len, lines)) > 2 << 20
    lines[-2] = lines[-2][:-3]
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(TornRecord, match=rf"ballots\.jsonl line {len(lines) - 1}: "):
        frames.ballots(made.path)


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    made = folder(tmp_path / "run", events=[event(Spoke, n, "p-x", text=f"No. {n}.") for n in range(3)])
    path = made.transcript("a-1")
    whole = path.read_bytes()
    start = whole.rstrip(b"\n").rindex(b"\n") + 1
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        assert rows(frames.turns(made.path)) == said(made)
        assert len(frames.turns(made.path)) == 2


def copied(run: RunFolder, path: Path) -> RunFolder:
    shutil.copytree(run.path, path)
    return RunFolder(path)


def test_what_a_stopped_run_lacks_is_empty(run: RunFolder, tmp_path: Path) -> None:
    made = copied(run, tmp_path / "run")
    first, second, _ = [panel.assembly for panel in run.panels()]
    for name in ("ballots.jsonl", "clauses.jsonl", "rulings.jsonl", "calls.sqlite"):
        (made.path / name).unlink()
    made.transcript(second).unlink()
    for assembly in (first, second):
        made.transcript(assembly, ratification=True).unlink()
    assert rows(frames.turns(made.path)) == said(made)
    assert second not in set(frames.turns(made.path)["assembly"])
    for load in (frames.ballots, frames.clauses, frames.rulings, frames.calls):
        assert len(load(made.path)) == 0
    (made.path / "panels.jsonl").unlink()
    assert len(frames.panels(made.path)) == len(frames.turns(made.path)) == 0


def test_people_who_really_spoke_are_not_simulated_and_have_no_values(tmp_path: Path) -> None:
    (tmp_path / "talk.csv").write_text("speaker,text,time,role\nAnn,It should ask.,,member\nBo,No.,,member\n")
    import_record(read_transcript(tmp_path / "talk.csv"), tmp_path / "run")
    turns, panels = frames.turns(tmp_path / "run"), frames.panels(tmp_path / "run")
    assert list(turns.loc[turns["kind"] == "spoke", "text"]) == ["It should ask.", "No."]
    assert sorted(panels["name"]) == ["Ann", "Bo"]
    assert not turns["simulated"].any()
    assert not panels["simulated"].any()
    for name in VALUES:
        assert panels[f"value_{name}"].dtype == "float64"
        assert panels[f"value_{name}"].isna().all()
    for load in (frames.polls, frames.ballots, frames.rulings, frames.calls):
        assert len(load(tmp_path / "run")) == 0


def test_attributes_of_several_runs_stand_side_by_side(tmp_path: Path) -> None:
    folder(tmp_path / "one", members=[person("x", home="town", age="30")])
    folder(tmp_path / "two", members=[person("y", outlook="calm")], run="run-2")
    found = frames.panels([tmp_path / "one", tmp_path / "two"])
    assert [name for name in found.columns if name.startswith("attribute_")] == [
        "attribute_age", "attribute_home", "attribute_outlook",
    ]  # fmt: skip
    assert found.columns[-1] == "simulated"
    assert [known(value) for value in found["attribute_home"]] == ["town", None]
    assert found["attribute_outlook"].dtype == "str"


def test_runs_are_a_path_a_pattern_or_several(tmp_path: Path) -> None:
    for name in ("2", "10", "1"):
        folder(tmp_path / "sweep" / name, members=[person(name)], run=f"run-{name}")
    (tmp_path / "sweep" / "multirun.yaml").write_text("a: 1\n")
    one, pattern = tmp_path / "sweep" / "2", str(tmp_path / "sweep" / "*")
    assert list(frames.panels(one)["run"]) == list(frames.panels(str(one))["run"]) == ["run-2"]
    assert list(frames.panels(pattern)["run"]) == ["run-1", "run-10", "run-2"]
    assert list(frames.panels([one, pattern, one])["run"]) == ["run-2", "run-1", "run-10", "run-2", "run-2"]
    assert list(frames.panels(path for path in (one,))["run"]) == ["run-2"]


def test_a_folder_whose_name_looks_like_a_pattern_is_that_folder(tmp_path: Path) -> None:
    folder(tmp_path / "a=[1,2]", members=[person("x")])
    assert len(frames.panels(str(tmp_path / "a=[1,2]"))) == 1


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    folder(tmp_path / "sweep" / "1")
    (tmp_path / "sweep" / "other").mkdir()
    for runs, what in (
        (tmp_path / "none", "none: no run folder"), (str(tmp_path / "sweep" / "other"), "other: no run folder"),
        (str(tmp_path / "x*"), r"x\*: no folder matches"), (str(tmp_path / "sweep" / "*"), "other: no run folder"),
        (str(tmp_path / "sweep" / "1" / "*.jsonl"), "no folder matches"),
    ):  # fmt: skip
        for load in LOADERS.values():
            with pytest.raises(RunError, match=what) as raised:
                load(runs)
            assert "\n" not in str(raised.value)
        with pytest.raises(RunError, match=what):
            frames.write_frames(runs, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = folder(tmp_path / "run").path / "manifest.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 99'))
    for load in LOADERS.values():
        with pytest.raises(SchemaTooNew, match="schema 99"):
            load(tmp_path / "run")


def test_the_journal_is_left_as_it_is(tmp_path: Path) -> None:
    made = folder(tmp_path / "run")
    with Journal(made.journal, durable=False) as journal:
        reply = Reply("It is so.", "k-2", Tokens(10, 4, 1, 7, 3), "anthropic/m", model="m-1", stop="end", seconds=1.5)
        journal.keep([Kept(reply._replace(call=key), "anthropic/m/v1") for key in ("k-2", "k-1")])
        while_written = rows(frames.calls(made.path))
    before = {path.name: path.read_bytes() for path in made.path.iterdir() if path.is_file()}
    found = rows(frames.calls(made.path))
    assert {path.name: path.read_bytes() for path in made.path.iterdir() if path.is_file()} == before
    assert found == while_written
    assert [row["key"] for row in found] == ["k-1", "k-2"]
    first = {name: value for name, value in found[0].items() if name not in ("run", "received", "simulated")}
    assert first == {
        "key": "k-1", "answerer": "anthropic/m/v1", "model": "m-1", "input_tokens": 10, "cached_tokens": 4,
        "written_tokens": 1, "output_tokens": 7, "reasoning_tokens": 3, "seconds": 1.5, "stop": "end", "bulk": False,
    }  # fmt: skip


def test_a_journal_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    made = folder(tmp_path / "run")
    with sqlite3.connect(made.journal) as db:
        db.execute("create table replies (key text primary key, text, input_tokens, output_tokens, answerer, received)")
        db.execute("insert into replies values ('k', 't', 3, 2, 'chat/1', 9.0)")
    db.close()
    [row] = rows(frames.calls(made.path))
    assert (row["input_tokens"], row["cached_tokens"], row["model"], row["bulk"]) == (3, 0, "", False)


def test_what_is_no_journal_is_named(tmp_path: Path) -> None:
    made = folder(tmp_path / "run")
    made.journal.write_text("no database, but long enough to be looked at as one" * 40)
    with pytest.raises(DataError, match=r"calls\.sqlite: not a journal"):
        frames.calls(made.path)


def test_parquet_holds_the_same_with_what_columns_mean(run: RunFolder, tmp_path: Path) -> None:
    written = frames.write_frames(run.path, tmp_path / "deep" / "out")
    assert sorted(path.stem for path in written) == sorted(LOADERS)
    for table in TABLES:
        file = tmp_path / "deep" / "out" / f"{table.name}.parquet"
        found, frame = pq.read_table(file), LOADERS[table.name](run.path)
        assert found.num_rows == len(frame)
        kept = [name for name in found.column_names if not name.startswith("attribute_")]
        assert found.select(kept).schema.equals(table.schema())
        assert found.schema.metadata[b"keys"].decode().split() == list(table.keys)
        assert found.schema.field("run").metadata[b"about"].startswith(b"id of the run")
        plain = [{name: tuple(v) if isinstance(v, list) else v for name, v in row.items()} for row in found.to_pylist()]
        assert plain == rows(frame)


def test_the_same_runs_make_the_same_files(run: RunFolder, tmp_path: Path) -> None:
    first, second = frames.write_frames(run.path, tmp_path / "1"), frames.write_frames([run.path], tmp_path / "2")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_every_column_says_what_it_is() -> None:
    for table in TABLES:
        assert len(set(table.names)) == len(table.names)
        assert set(table.keys) <= set(table.names)
        assert all(column.about for column in table.columns)
    assert TURNS.schema().field("considerations").type == pa.list_(pa.string())


def test_a_proposal_is_told_by_its_words(run: RunFolder) -> None:
    drafts = [e for _, e in panel_events(run) if isinstance(e, Proposed)]
    turns = frames.turns(run.path)
    assert list(turns.loc[turns["kind"] == "proposed", "text"]) == [e.text for e in drafts]
