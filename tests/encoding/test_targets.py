from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from networkx import ancestors

from deliberation.analysis.lineage import lineage
from deliberation.encoding.card import Card, write_card
from deliberation.encoding.files import schema_of
from deliberation.errors import DataError
from deliberation.records.encoding import (
    ROWS,
    SAMPLES,
    CritiqueRow,
    DeliberativeRow,
    DocumentRow,
    FailedRow,
    HhRow,
    InspectSample,
    PreferenceRow,
    Provenance,
    Recognition,
)
from deliberation.records.files import read_records, write_records
from deliberation.records.folder import RunFolder
from deliberation.settings import EncodingSettings, Settings
from deliberation.study.encoding import encode


def encoded(run: RunFolder, path: Path, encoding: str | EncodingSettings, **changes: object) -> RunFolder:
    """The encoding of a copy of a finished run as another configuration has it."""
    how = Settings.bundled(encoding=encoding).encoding if isinstance(encoding, str) else encoding
    settings = Settings.bundled(assemblies=3, members=6, truth=40).model_copy(
        update={"encoding": how.model_copy(update=changes)}
    )
    shutil.copytree(run.path, path, ignore=shutil.ignore_patterns("encoding", "calls.sqlite*"))
    folder = RunFolder(path)
    encode(folder, settings, folder.manifest().content)
    return folder


def rows_of(folder: RunFolder, form: str) -> list[Provenance]:
    return list(read_records(folder.encoding / f"{form}.jsonl", ROWS[form]))


def test_ranked_answers_alone_are_an_encoding_without_any_specification(run: RunFolder, tmp_path: Path) -> None:
    folder = encoded(run, tmp_path / "run", "rlhf_hh")
    assert {p.name for p in folder.encoding.iterdir()} == {
        "README.md", "croissant.json", "failures.jsonl", "hh.jsonl", "hh.parquet", "preferences.jsonl",
        "preferences.parquet",
    }  # fmt: skip
    rows = rows_of(folder, "preferences")
    assert rows
    for row in rows:
        assert isinstance(row, PreferenceRow)
        assert (row.clause_ids, row.ruling_ids, row.basis, row.contested) == ((), (), "judged", False)
        assert row.prompt[0].role == "system"
    for row in rows_of(folder, "hh"):
        assert isinstance(row, HhRow)
        assert row.chosen.startswith("\n\nHuman: ")
        assert row.chosen.rpartition("\n\nAssistant: ")[0] == row.rejected.rpartition("\n\nAssistant: ")[0]


def test_a_constitution_is_mixed_with_given_pairs_as_the_paper_has_it(run: RunFolder, tmp_path: Path) -> None:
    pairs = tmp_path / "helpful.jsonl"
    pairs.write_text(
        json.dumps({"chosen": "\n\nHuman: hi\n\nAssistant: yes", "rejected": "\n\nHuman: hi\n\nAssistant: no"})
        + "\n{\n"
    )
    folder = encoded(run, tmp_path / "run", "constitutional", mix=str(pairs))
    [given] = [r for r in rows_of(folder, "preferences") if r.basis == "given"]
    assert given.origin == f"given-{hashlib.sha256(pairs.read_bytes()).hexdigest()[:12]}"
    assert not given.simulated
    adopted = {r.clause for r in run.rulings() if r.status == "adopted"}
    told = json.loads((folder.encoding / "CritiqueRevisionInstructions.json").read_text())
    assert set(told) == adopted
    assert all(one["prompt"][0].startswith("\n\nCritiqueRequest: ") for one in told.values())
    assert len(json.loads((folder.encoding / "RLInstructions.json").read_text())) == len(adopted)
    assert all(isinstance(r, CritiqueRow) and r.init_response != r.revision for r in rows_of(folder, "critiques"))
    assert rows_of(folder, "critiques")
    assert rows_of(folder, "comparisons")
    failed = list(read_records(folder.encoding / "failures.jsonl", FailedRow))
    assert {one.format for one in failed if one.reason == "not_a_pair"} >= {"preferences", "hh"}
    card = (folder.encoding / "README.md").read_text()
    assert "helpful.jsonl" in card
    assert str(tmp_path) not in card


def test_deliberative_prompts_name_their_clauses_and_hold_none(run: RunFolder, tmp_path: Path) -> None:
    folder = encoded(run, tmp_path / "run", "deliberative")
    clauses = {c.id: c for c in run.clauses()}
    rows = rows_of(folder, "deliberative")
    assert rows
    for row in rows:
        assert isinstance(row, DeliberativeRow)
        assert row.spec_category == Settings.bundled().question.domain
        assert all(clauses[id_].text in row.spec_excerpt for id_ in row.clause_ids)
        assert not any(c.text in turn.content for c in clauses.values() for turn in row.prompt)


def test_the_specification_itself_is_a_document_to_train_on(run: RunFolder, tmp_path: Path) -> None:
    folder = encoded(run, tmp_path / "run", "model_spec")
    standing = {r.clause for r in run.rulings() if r.status in {"adopted", "contested"}}
    rows = rows_of(folder, "document")
    assert {row.clause_ids[0] for row in rows} == standing
    assert all(
        isinstance(row, DocumentRow) and "GOOD" in row.text and row.contested == ("Contested" in row.text)
        for row in rows
    )
    assert (folder.encoding / "spec" / "spec.md").is_file()


def test_a_run_without_worked_examples_is_encoded_from_its_judgments(run: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "older", ignore=shutil.ignore_patterns("examples.jsonl", "recognitions.jsonl"))
    folder = encoded(RunFolder(tmp_path / "older"), tmp_path / "run", "standard")
    assert {row.basis for row in rows_of(folder, "preferences")} == {"judged"}
    assert "nobody was asked to tell examples apart" in (folder.encoding / "README.md").read_text()


def test_examples_taken_for_something_else_are_listed_and_counted(run: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "misread")
    told = run.recognitions()
    wrong = Recognition(example=told[0].example, clause=told[0].clause, complies=False, right=False, event="")
    write_records(tmp_path / "misread" / "recognitions.jsonl", [wrong, *told[1:]])
    folder = encoded(RunFolder(tmp_path / "misread"), tmp_path / "run", "standard")
    [failed] = [f for f in read_records(folder.encoding / "failures.jsonl", FailedRow) if f.reason == "unrecognised"]
    assert failed.of == told[0].example
    assert told[0].example not in {row.example for form in ROWS for row in rows_of(folder, form)}
    assert f"{len(told) - 1} of {len(told)} examples" in (folder.encoding / "README.md").read_text()


def test_a_file_of_pairs_that_is_not_there_is_named(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"encoding\.mix=.*absent"):
        encoded(run, tmp_path / "run", "constitutional", mix=str(tmp_path / "absent.jsonl"))


@pytest.mark.parametrize("target", ["standard", "constitutional", "model_spec"])
def test_every_row_rests_on_somebody_and_is_found_from_there(run: RunFolder, tmp_path: Path, target: str) -> None:
    folder = encoded(run, tmp_path / "run", target)
    graph = lineage(folder)
    people = {p.id for panel in folder.panels() for p in panel.members}
    samples = [s.metadata for s in read_records(folder.encoding / SAMPLES, InspectSample)]
    rows = [*samples, *(row for form in ROWS for row in rows_of(folder, form))]
    assert rows
    for row in rows:
        above = ancestors(graph, row.row_id)
        assert above & people
        assert {*row.clause_ids, *row.ruling_ids} <= above
        assert row.example is None or row.example in above
    assert len({row.row_id for row in rows}) == len(rows)


def test_the_list_of_checksums_names_every_file_but_itself_and_the_specification(run: RunFolder) -> None:
    listed = json.loads((run.encoding / "croissant.json").read_text())
    named = {one["contentUrl"]: one["sha256"] for one in listed["distribution"]}
    there = {p.relative_to(run.encoding).as_posix(): p for p in run.encoding.rglob("*") if p.is_file()}
    assert set(named) == {n for n in there if n != "croissant.json" and not n.startswith("spec/")}
    assert all(hashlib.sha256(there[n].read_bytes()).hexdigest() == mark for n, mark in named.items())


def test_the_card_names_the_files_that_can_be_loaded_under_their_split(run: RunFolder) -> None:
    front = yaml.safe_load((run.encoding / "README.md").read_text().split("---\n")[1])
    assert "synthetic" in front["tags"]
    for config in front["configs"]:
        [data] = config["data_files"]
        table = pq.read_table(run.encoding / data["path"])
        assert table.num_rows
        assert set(table["split"].to_pylist()) == {data["split"]}


def test_a_card_of_no_rows_offers_nothing_to_load(tmp_path: Path) -> None:
    write_card(tmp_path, Card("t", "CC0-1.0", "test", False, False, None, {}, [], [], [], [], None))
    assert yaml.safe_load((tmp_path / "README.md").read_text().split("---\n")[1])["configs"] == []


def test_a_schema_says_of_each_column_what_its_record_says() -> None:
    schema = schema_of(DeliberativeRow)
    assert schema.names[:3] == ["prompt", "spec_category", "spec_excerpt"]
    assert schema.field("cot") == pa.field("cot", pa.string(), nullable=True)
    assert schema.field("judge_score") == pa.field("judge_score", pa.float64(), nullable=True)
    assert schema.field("judge_saw_spec") == pa.field("judge_saw_spec", pa.bool_(), nullable=False)
    assert schema.field("judgments") == pa.field("judgments", pa.int64(), nullable=False)
    turn = pa.struct([pa.field("role", pa.string(), nullable=False), pa.field("content", pa.string(), nullable=False)])
    assert schema.field("prompt") == pa.field(
        "prompt", pa.list_(pa.field("element", turn, nullable=False)), nullable=False
    )
    for kind in ROWS.values():
        assert {*schema_of(kind).names} == {*kind.model_fields}


@pytest.mark.parametrize(
    ("plain", "problem"),
    [
        ({"formats": ["sft", "sft"]}, "'sft' stands twice"),
        ({"formats": ["constitution"], "specification": False}, "specification=false has none"),
        ({"formats": ["constitution"], "mix": "x.jsonl"}, "no format holds preferences"),
        ({"formats": ["jsonl"]}, "Input should be"),
        ({"examples": 51}, "less than or equal to 50"),
    ],
)
def test_an_encoding_that_cannot_be_is_refused(plain: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        EncodingSettings.model_validate({"id": "e", **plain})


def test_switches_of_older_runs_are_read_as_formats() -> None:
    older = {"id": "standard", "preferences": True, "sft": False, "constitution": True, "margin": 0.1}
    assert EncodingSettings.model_validate(older).formats == ("preferences", "constitution")
    assert "inspect" in EncodingSettings.model_validate({"id": "e"}).formats
