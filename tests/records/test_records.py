from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deliberation.errors import DataError, SchemaTooNew, StorageError, TornRecord
from deliberation.records.base import clause_id, new_id, normalised, plain
from deliberation.records.events import EVENT, Spoke
from deliberation.records.files import read_lines, write_whole
from deliberation.records.folder import RunFolder
from deliberation.records.schemas import schemas


def utterance(seq: int = 0) -> Spoke:
    return Spoke(
        id=f"e-a-1-{seq}", seq=seq, assembly="a-1", phase="tables", round=1, table="table-1", speaker="p-1",
        role="member", text="I see it so.",
    )  # fmt: skip


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        utterance().text = "I never said that."  # type: ignore[misc]


def test_a_record_refuses_a_field_it_does_not_know() -> None:
    with pytest.raises(ValidationError, match="colour"):
        EVENT.validate_python({**utterance().model_dump(), "colour": "red"})


def test_an_event_survives_its_line() -> None:
    assert EVENT.validate_json(utterance().line()) == utterance()


@given(st.text())
def test_plain_text_is_one_visible_paragraph_and_stays_so(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert all(c == " " or c.isprintable() for c in once)


@given(st.text(alphabet="aBc dE.,!"), st.text(alphabet="aBc dE.,!"))
def test_a_clause_keeps_its_id_only_under_the_same_words(one: str, other: str) -> None:
    same = clause_id("q-x", one) == clause_id("q-x", other)
    assert same == (normalised(one) == normalised(other))


def test_no_id_looks_like_a_number() -> None:
    for number in range(300):
        with pytest.raises(ValueError, match="could not convert"):
            float(new_id("row", number))


def test_a_reader_accepts_a_torn_last_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(utterance(0).line() + "\n" + utterance(1).line()[:40])
    assert [e.seq for e in read_lines(path, EVENT.validate_json)] == [0]


def test_a_reader_names_a_torn_middle_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(utterance(0).line() + "\n" + utterance(1).line()[:40] + "\n" + utterance(2).line() + "\n")
    with pytest.raises(TornRecord, match=r"events\.jsonl line 2"):
        list(read_lines(path, EVENT.validate_json))


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "rulings.jsonl"
    write_whole(path, "first\n")
    (tmp_path / ".rulings.jsonl.draft").mkdir()  # the draft cannot be opened
    with pytest.raises(StorageError, match="rulings"):
        write_whole(path, "second\n")
    assert path.read_text() == "first\n"


def test_a_later_schema_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"content": {"schema": 99, "unheard_of": 1}}')
    with pytest.raises(SchemaTooNew, match="schema 99"):
        RunFolder.existing(tmp_path)


def test_a_manifest_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(DataError, match="not a manifest"):
        RunFolder.existing(tmp_path)


def test_the_schemas_on_file_are_those_of_the_records() -> None:
    folder = Path(__file__).parents[2] / "transcripts" / "schemas"
    assert {path.name: path.read_text() for path in folder.glob("*.json")} == schemas()


def test_the_manifests_content_has_just_the_fields_that_others_rely_on() -> None:
    import json

    fields = json.loads(schemas()["manifest.json"])["$defs"]["Content"]["properties"]
    assert list(fields) == sorted(
        [
            "schema",
            "run",
            "study",
            "idea",
            "seed",
            "simulated",
            "config_sha256",
            "models",
            "assemblies",
            "failures",
            "diagnostics",
            "patterns",
            "files",
        ]
    )
