from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from deliberation.analysis.frames import turns
from deliberation.analysis.lineage import lineage, trace
from deliberation.cli import main
from deliberation.errors import ConfigError, DataError, RunError
from deliberation.export.repository import lint_repository
from deliberation.models.open import open_answerer
from deliberation.records.events import Proposed
from deliberation.records.folder import RunFolder
from deliberation.records.specification import Clause
from deliberation.study import stored_settings
from deliberation.study.imports import import_record
from deliberation.study.polis import read_polis
from deliberation.study.transcripts import read_transcript, rows_of, written

REAL = Path(__file__).parents[3] / "shared" / "data" / "polis_opendata"
CONVERSATIONS = sorted(path.parent for path in REAL.glob("*/votes.csv"))

COMMENTS = """\
timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body
1000,x,0,7,2,1,1,"It should ask first, always."
1001,x,1,8,1,0,0,It should say who pays for it.
1002,x,2,8,0,0,-1,it should ask first always
"""
VOTES = """\
timestamp,datetime,comment-id,voter-id,vote
2000,x,0,7,1
2001,x,0,8,-1
2002,x,1,7,0
2003,x,0,8,1
2004,x,2,9,-1
"""
GROUPS = "participant,group-id,n-comments\n7,0,1\n8,1,1\n9,,0\n"


def export(folder: Path, **files: str) -> Path:
    found = {"comments": COMMENTS, "votes": VOTES, "participants-votes": GROUPS, "summary": "topic,Robots\n", **files}
    for name, text in found.items():
        (folder / f"{name.replace('_', '-')}.csv").write_text(text, encoding="utf-8")
    return folder


def matrix(run: RunFolder) -> dict[tuple[str, str], str]:
    """Each voter's ballot on each comment, by the names that the record gives them."""
    names = {p.id: p.name for panel in run.panels() for p in panel.members}
    comments = {clause.id: number for number, clause in enumerate(_in_order(run))}
    words = {"support": "1", "oppose": "-1", "abstain": "0"}
    return {
        (names[b.member].removeprefix("participant "), str(comments[b.clause])): words[b.choice] for b in run.ballots()
    }


def _in_order(run: RunFolder) -> list[Clause]:
    [panel] = run.panels()
    return [event.clause for event in run.events(panel.assembly) if isinstance(event, Proposed)]


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_the_last_vote_of_each_voter_on_each_comment_counts(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    import_record(read_polis(export(tmp_path / "in")), tmp_path / "run")
    found = matrix(RunFolder(tmp_path / "run"))
    assert found == {("7", "0"): "1", ("8", "0"): "1", ("7", "1"): "0", ("9", "2"): "-1"}


def test_the_last_vote_is_the_last_in_time_wherever_it_stands_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    turned = VOTES.replace("2001,x,0,8,-1", "2009,x,0,8,-1")
    import_record(read_polis(export(tmp_path / "in", votes=turned)), tmp_path / "run")
    assert matrix(RunFolder(tmp_path / "run"))["8", "0"] == "-1"


def test_times_in_seconds_are_told_from_milliseconds(tmp_path: Path) -> None:
    votes = "timestamp,datetime,comment-id,voter-id,vote\n1700000000,x,0,7,1\n"
    assert read_polis(export(tmp_path, votes=votes)).question.source.year == 2023
    later = votes.replace("1700000000", "1700000000000")
    assert read_polis(export(tmp_path, votes=later)).question.source.year == 2023


def test_other_rules_leave_an_imported_run_its_own_groups_and_size(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    run = tmp_path / "run"
    import_record(read_polis(export(tmp_path / "in")), run)
    assert main(["rule", str(run), "aggregation.min_assemblies=2", "aggregation=majority"]) == 0
    [other] = tmp_path.glob("run_rule-*")
    rules = stored_settings(other).aggregation
    assert (rules.id, rules.group_by, rules.max_clauses, rules.min_assemblies) == ("majority", "group", 3, 2)


def test_two_imports_can_be_laid_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = as_csv(tmp_path / "talk.csv")
    for name in ("one", "two"):
        import_record(read_transcript(path), tmp_path / name)
    runs = [str(tmp_path / "one"), str(tmp_path / "two")]
    assert main(["compare", *runs, "--to", str(tmp_path / "out")]) == 0
    assert "What people did" in capsys.readouterr().out
    assert (tmp_path / "out" / "comparison.csv").exists()


def test_a_line_separator_inside_a_jsonl_string_is_no_end_of_line(tmp_path: Path) -> None:
    said = "one" + chr(0x2028) + "two"
    row = {"speaker": "Ann", "text": said, "time": "", "role": "member"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    import_record(read_transcript(tmp_path / "a.jsonl"), tmp_path / "run")
    [panel] = RunFolder(tmp_path / "run").panels()
    assert [r.text for r in rows_of(RunFolder(tmp_path / "run").events(panel.assembly), panel)] == [said]


def test_an_imported_run_says_that_it_is_no_simulation_and_makes_nothing_up(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    manifest = import_record(read_polis(export(tmp_path / "in")), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    [panel] = run.panels()
    assert not manifest.content.simulated
    assert manifest.content.diagnostics == {}
    assert list(run.truth()) == []
    assert all(person.values is None for person in panel.members)
    assert [person.attributes["group"] for person in panel.members] == ["group 0", "group 1", "none"]
    assert {event.origin for event in run.events(panel.assembly)} == {"people"}
    assert stored_settings(tmp_path / "run").question.origin == "imported"
    with pytest.raises(ConfigError, match="nobody in it can be asked again"):
        open_answerer(stored_settings(tmp_path / "run"))


def test_groups_from_the_file_are_the_groups_of_the_rulings(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    import_record(read_polis(export(tmp_path / "in")), tmp_path / "run")
    rulings = {r.clause: r for r in RunFolder(tmp_path / "run").rulings()}
    [first] = [c for c in RunFolder(tmp_path / "run").clauses() if c.text.startswith("It should ask")]
    assert rulings[first.id].groups == {"group 0": 1.0, "group 1": 1.0}
    assert rulings[first.id].turnout == pytest.approx(2 / 3, abs=1e-6)


def test_comments_that_say_the_same_keep_their_own_votes(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    import_record(read_polis(export(tmp_path / "in")), tmp_path / "run")
    texts = sorted(c.text for c in RunFolder(tmp_path / "run").clauses())
    assert texts == [
        "It should ask first, always.",
        "It should say who pays for it.",
        "it should ask first always (comment 2)",
    ]


@pytest.mark.parametrize("command", ["rule", "encode", "validate", "export", "trace", "resume"])
def test_every_later_stage_works_on_an_imported_run(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    run = tmp_path / "run"
    assert main(["import", "polis", str(export(tmp_path / "in")), "--to", str(run)]) == 0
    ballot = next(RunFolder(run).ballots())
    more = {
        "rule": [str(run), "aggregation.threshold=0.9"],
        "export": [str(run), "--to", str(tmp_path / "spec")],
        "trace": [ballot.id, str(run)],
    }
    assert main([command, *more.get(command, [str(run)])]) == 0
    out = capsys.readouterr().out
    assert "IMPORTED" in out
    assert "SIMULATED" not in out
    if command == "export":
        assert lint_repository(tmp_path / "spec", ref=None) == []
        assert "simulated: false" in "".join(p.read_text() for p in (tmp_path / "spec" / "clauses").glob("*.yaml"))


def test_a_ballot_leads_back_to_the_comment_and_its_author(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    import_record(read_polis(export(tmp_path / "in")), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    ballot = next(run.ballots())
    found = trace(lineage(run), ballot.id)
    assert ballot.event in {node.id for node in found.rests_on}
    assert ballot.member in {node.id for node in found.rests_on}


@pytest.mark.skipif(not CONVERSATIONS, reason="the real Polis conversations are not beside this checkout")
@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda p: p.name)
def test_a_real_conversation_gives_its_participant_matrix_exactly(path: Path, tmp_path: Path) -> None:
    import_record(read_polis(path), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    order = [row["comment-id"] for row in table(path / "comments.csv")]
    found = {(voter, order[int(place)]): vote for (voter, place), vote in matrix(run).items()}
    wanted = {
        (row["participant"], comment): row[comment]
        for row in table(path / "participants-votes.csv")
        for comment in order
        if row.get(comment)
    }
    assert found == wanted
    assert len(run.clauses()) == len(order)


BAD_EXPORTS: list[tuple[dict[str, str], str]] = [
    ({"votes": VOTES.replace("vote\n", "choice\n", 1)}, r"votes\.csv line 1: no column 'vote'"),
    ({"votes": VOTES.replace("8,-1", "8,2")}, r"votes\.csv line 3: vote='2' is none of 1, 0, -1"),
    ({"votes": VOTES.replace("2002,x,1", "2002,x,5")}, r"votes\.csv line 4: comment-id '5' is not in comments\.csv"),
    ({"votes": VOTES.replace("2000", "9" * 17)}, r"votes\.csv line 2: timestamp='9{17}'"),
    ({"votes": VOTES.replace("2000", "yesterday")}, r"votes\.csv line 2: timestamp='yesterday'"),
    ({"votes": VOTES + "2005,x,1\n"}, r"votes\.csv line 7: 3 fields, not 5"),
    ({"comments": COMMENTS.replace("comment-body", "body")}, r"comments\.csv line 1: no column 'comment-body'"),
    ({"comments": COMMENTS.replace("1001,x,1,", "1001,x,0,")}, r"comments\.csv line 3: comment-id '0' stood in line 2"),
    ({"comments": COMMENTS.replace(",0,It", ",4,It")}, r"comments\.csv line 3: moderated='4'"),
    ({"participants-votes": GROUPS + "7,1,1\n"}, r"participants-votes\.csv line 5: participant '7' stands twice"),
]


@pytest.mark.parametrize(("files", "named"), BAD_EXPORTS, ids=[named[:40] for _, named in BAD_EXPORTS])
def test_an_export_that_is_wrong_is_refused_by_name_and_line(files: dict[str, str], named: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=named):
        read_polis(export(tmp_path, **files))


def test_an_export_in_another_encoding_is_refused_by_line(tmp_path: Path) -> None:
    export(tmp_path)
    (tmp_path / "comments.csv").write_bytes(COMMENTS.encode().replace(b"who pays", b"who p\xe9ys"))
    with pytest.raises(DataError, match=r"comments\.csv line 3: not UTF-8"):
        read_polis(tmp_path)


def test_a_refused_import_leaves_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export(tmp_path, votes=VOTES.replace("8,-1", "8,2"))
    assert main(["import", "polis", str(tmp_path), "--to", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_an_import_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    found = read_polis(export(tmp_path / "in"))
    import_record(found, tmp_path / "run")
    with pytest.raises(RunError, match="there already"):
        import_record(found, tmp_path / "run")


ROWS = [
    {"speaker": "Ann", "text": 'It costs "too much", I think.\nReally.', "time": "00:01:02", "role": "member"},
    {"speaker": "Dr Bo", "text": "# not a heading {#x}", "time": "2024-03-01T10:00:00Z", "role": "witness"},
    {"speaker": "Moderator", "text": "Ann, go on.", "time": "62.5", "role": "facilitator"},
    {"speaker": "007", "text": "=1+1", "time": "", "role": "member"},
]


def as_csv(path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.DictWriter(out, ["speaker", "text", "time", "role"])
        rows.writeheader()
        rows.writerows(ROWS)
    return path


def as_json(path: Path) -> Path:
    path.write_text(json.dumps(ROWS))
    return path


def as_lines(path: Path) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


FORMATS = [("csv", as_csv), ("json", as_json), ("jsonl", as_lines)]


@pytest.mark.parametrize(("ending", "write"), FORMATS, ids=[e for e, _ in FORMATS])
def test_a_transcript_goes_round(ending: str, write: Callable[[Path], Path], tmp_path: Path) -> None:
    import_record(read_transcript(write(tmp_path / f"talk.{ending}")), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    [panel] = run.panels()
    rows = rows_of(run.events(panel.assembly), panel)
    assert [{k: getattr(row, k) for k in ROWS[0]} for row in rows] == ROWS
    (tmp_path / "again.csv").write_text(written(rows), encoding="utf-8")
    import_record(read_transcript(tmp_path / "again.csv"), tmp_path / "second")
    second = RunFolder(tmp_path / "second")
    [other] = second.panels()
    assert rows_of(second.events(other.assembly), other) == rows


def test_an_imported_transcript_is_read_like_any_other(tmp_path: Path) -> None:
    import_record(read_transcript(as_csv(tmp_path / "talk.csv"), question="Is it too dear?"), tmp_path / "run")
    frame = turns([tmp_path / "run"])
    said = frame[frame["role"].isin(["member", "witness", "facilitator"])]
    assert list(said["text"]) == [row["text"] for row in ROWS]
    assert not frame["simulated"].any()
    assert RunFolder(tmp_path / "run").rulings() == []
    assert stored_settings(tmp_path / "run").question.text == "Is it too dear?"


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("t.csv", "speaker,words,time,role\nAnn,so,1,member\n", r"t\.csv line 1: no column 'text'"),
        ("t.csv", "speaker,text,time,role,mood\nAnn,so,1,member,glad\n", r"t\.csv line 2: column 'mood' is not known"),
        ("t.csv", "speaker,text,time,role\nAnn,so,1,king\n", r"t\.csv line 2: role='king' is none of member"),
        ("t.csv", "speaker,text,time,role\nAnn,so,1,member\n,so,1,member\n", r"t\.csv line 3: speaker is empty"),
        ("t.csv", 'speaker,text,time,role\nAnn,"so,1,member\n', r"t\.csv line \d: "),
        ("t.csv", "", r"t\.csv: empty"),
        ("t.csv", "speaker,text,time,role\n", r"t\.csv: nothing was said"),
        ("t.csv", "speaker,text,time,role\nBo,so,1,witness\n", r"t\.csv: no row has the role member"),
        ("t.jsonl", '{"speaker": "Ann"\n', r"t\.jsonl line 1: not JSON"),
        (
            "t.jsonl",
            '\n{"speaker": "Ann", "text": "so", "time": 3, "role": "member"}\n',
            r"t\.jsonl line 2: time=3 is no text",
        ),
        ("t.json", '{"speaker": "Ann"}', r"t\.json: not a list"),
        ("t.json", '[{"speaker": "Ann", "text": "so", "time": "1"}]', r"t\.json entry 1: no 'role'"),
        ("t.txt", "Ann: so", r"t\.txt: a transcript ends in"),
    ],
)
def test_a_transcript_that_is_wrong_is_refused_by_name_and_line(
    name: str, text: str, named: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=named):
        read_transcript(tmp_path / name)


def test_a_transcript_in_another_encoding_is_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"speaker,text,time,role\nAnn,so,1,member\nJos\xe9,so,1,member\n")
    with pytest.raises(DataError, match=r"t\.csv line 3: not UTF-8"):
        read_transcript(tmp_path / "t.csv")
