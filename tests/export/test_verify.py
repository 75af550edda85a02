from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deliberation.cli import main
from deliberation.errors import ExportError
from deliberation.export.reading import repository_of
from deliberation.export.repository import export_runs, verify_repository
from deliberation.export.specfiles import Parcel, parcel_of, written
from deliberation.export.verify import verify
from deliberation.records.files import sha256
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings

Make = Callable[..., Parcel]

REST, SING = "The assistant should rest.", "The assistant should sing."
REST_IF = "The assistant should rest, provided that it is night."


@pytest.fixture(scope="module")
def files(make: Make) -> dict[str, bytes]:
    """A repository after two exports, the second of which rewords a clause."""
    before = written({}, [make("run-one", (REST, "adopted"), (SING, "contested"))]).files
    return before | written(before, [make("run-two", (REST_IF, "adopted"), (SING, "rejected"))]).files


def found(files: dict[str, bytes]) -> set[str]:
    return {one.file for one in verify(files).mismatches}


def test_what_was_exported_is_as_recorded(files: dict[str, bytes]) -> None:
    assert verify(files) == (2, 3, ())


def test_reading_a_repository_back_gives_the_records_of_a_real_run(
    run: RunFolder, small: Settings, tmp_path: Path
) -> None:
    parcel = parcel_of(run, small)
    export_runs([parcel], tmp_path / "spec")
    paths = [p for p in (tmp_path / "spec").rglob("*") if p.is_file() and ".git" not in p.parts]
    repo = repository_of({p.relative_to(tmp_path / "spec").as_posix(): p.read_bytes() for p in paths})
    back = repo.runs[parcel.provenance.run]
    assert back == parcel.provenance
    assert (list(back.clauses), list(back.rulings), list(back.ledger)) == (
        run.clauses(),
        run.rulings(),
        [*run.ledger()],
    )
    assert (list(back.contests), list(back.minorities)) == (run.contests(), run.minorities())
    assert back.content() == run.manifest().content
    assert {name: sha256(run.path / name) for name in back.lines()} == {name: back.files[name] for name in back.lines()}
    stand = {r.clause for r in run.rulings() if r.status in {"adopted", "contested"}}
    assert repo.clauses.keys() == stand
    assert verify_repository(tmp_path / "spec").mismatches == ()


def test_any_byte_of_any_file_of_ours_that_is_changed_is_found_out(files: dict[str, bytes]) -> None:
    ours = {path: data for path, data in files.items() if path != "LICENSE"}
    for path, data in ours.items():
        for at in range(0, len(data), max(1, len(data) // 40)):
            if path in {"spec.md", "CHANGELOG.md"} and not within(path, data, at):
                continue  # what people may write
            turned = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            assert path in found({**files, path: turned}), (path, at, data[max(0, at - 20) : at + 20])


def within(path: str, data: bytes, at: int) -> bool:
    """Whether a byte is of the part of a file that is ours alone."""
    if path == "spec.md":
        return data.index(b"\n# Rulings") < at < data.index(b"<!-- rulings: end")
    line = data[data.rfind(b"\n", 0, at) + 1 : data.find(b"\n", at)]
    return line.startswith((b"- added", b"- run", b"- superseded")) and data[at : at + 1].isalnum()


@pytest.mark.parametrize("kind", ["clauses/", "provenance/run", "encoding/", "examples/", "changes/"])
def test_a_file_that_was_taken_away_is_missed(files: dict[str, bytes], kind: str) -> None:
    for path in [path for path in files if path.startswith(kind)]:
        left = {name: data for name, data in files.items() if name != path}
        assert verify(left).mismatches, path


def test_a_file_that_no_run_brought_is_named(files: dict[str, bytes]) -> None:
    some = next(path for path in files if path.startswith("clauses/"))
    other = files[some].replace(some[8:-5].encode(), b"c-forged")
    more = {**files, "clauses/c-forged.yaml": other, "encoding/run-one/more.jsonl": b"{}\n"}
    assert found(more) == {"clauses/c-forged.yaml", "encoding/run-one/more.jsonl"}


def test_a_clause_file_under_another_name_is_refused(files: dict[str, bytes]) -> None:
    some = next(path for path in files if path.startswith("clauses/"))
    with pytest.raises(ExportError, match="holds what belongs in"):
        repository_of({"clauses/c-other.yaml": files[some]})


def test_a_clause_that_is_raised_from_the_dead_is_found_out(files: dict[str, bytes]) -> None:
    [path] = [p for p, data in files.items() if p.startswith("clauses/") and b"standing: superseded" in data]
    raised = files[path].replace(b"standing: superseded", b"standing: active")
    [one, *_] = verify({**files, path: raised}).mismatches
    assert str(one) == f"{path}: standing: 'active' stands here, 'superseded' follows from the rulings"


def test_a_record_whose_hash_was_made_again_is_found_out_by_the_changelog(files: dict[str, bytes], make: Make) -> None:
    forged = make("run-two", (REST_IF, "adopted"), (SING, "adopted"))
    path = "provenance/run-two.json"
    other = written({}, [forged]).files[path]
    assert "CHANGELOG.md" in found({**files, path: other})


def test_a_run_that_is_exported_anew_leaves_its_earlier_record_and_still_verifies(make: Make) -> None:
    first, second = (
        make("run-one", (REST, "adopted"), (SING, "adopted")),
        make("run-one", (REST, "adopted"), (SING, "rejected")),
    )
    before = written({}, [first]).files
    done = written(before, [second])
    files = before | done.files
    assert done.change.model_dump(exclude_defaults=True) == {
        "withdrawn": (make("x-1", (SING, "adopted")).provenance.clauses[0].id,)
    }
    changed = {p for p in done.files if p.startswith("clauses/") and done.files[p] != before[p]}
    assert changed == {f"clauses/{done.change.withdrawn[0]}.yaml"}
    assert verify(files).mismatches == ()
    assert repository_of(files).runs["run-one"] == second.provenance
    assert repository_of(files).earlier == (first.provenance,)
    for again in ([first], [second], [first, second]):
        assert written(files, again).files == {}


def test_what_people_wrote_beside_the_rulings_is_no_mismatch(files: dict[str, bytes]) -> None:
    more = {
        **files,
        "spec.md": b"# Ours {#ours}\n\n" + files["spec.md"],
        "CHANGELOG.md": files["CHANGELOG.md"] + b"\n## 2020\n\n- before\n",
    }
    assert verify({**more, "examples/mine.md": b"Ours.\n"}).mismatches == ()


def test_a_repository_without_provenance_has_nothing_to_verify() -> None:
    with pytest.raises(ExportError, match="nothing to verify"):
        verify({"spec.md": b"# Ours\n"})


def test_the_command_says_what_differs_in_one_line_each(
    make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "spec"
    done = export_runs([make("run-one", (REST, "adopted"))], path)
    assert main(["verify", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: 1 run, 1 clause, all as recorded\n"
    rows = path / "encoding" / "run-one" / "rows.jsonl"
    rows.write_text(rows.read_text().replace("row-1", "row-2"))
    assert main(["verify", str(path)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("encoding/run-one/rows.jsonl: sha256: ")
    assert last == f"{path}: 1 run, 1 clause, 1 not as recorded"
    assert main(["verify", str(path), "--ref", str(done.commit), "--json"]) == 0
    assert capsys.readouterr().out == '{"runs": 1, "clauses": 1, "mismatches": []}\n'
    assert main(["verify", str(path), "--ref", "nowhere"]) == 1
    assert capsys.readouterr().err == f"deliberate: {path}: no ref 'nowhere'\n"
    shutil.rmtree(path / "provenance")
    assert main(["verify", str(path)]) == 1
    assert "nothing to verify" in capsys.readouterr().err
