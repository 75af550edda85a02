from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import deliberation
from deliberation import assets
from deliberation.agenda.questions import generated, read_question
from deliberation.analysis.answers import human_results
from deliberation.errors import DataError
from deliberation.records.agenda import Question
from deliberation.records.folder import RunFolder
from deliberation.settings import Settings
from deliberation.study import run_study

CONF = assets.folder("conf")
FOLDER = CONF / "question"
BUNDLED = [path for path in sorted(FOLDER.glob("*.yaml")) if path.stem != "typed"]
STOCK = yaml.safe_load((FOLDER / "typed.yaml").read_text())


def test_there_are_24_bundled_questions_and_six_or_more_with_a_full_dossier() -> None:
    questions = [read_question(path) for path in BUNDLED]
    assert len(questions) == len({q.id for q in questions}) == 24
    assert sum(len(q.dossier.exhibits) >= 6 for q in questions) >= 6
    assert all(q.id == f"q-{path.stem.replace('_', '-')}" for q, path in zip(questions, BUNDLED, strict=True))


@pytest.mark.parametrize("path", BUNDLED, ids=lambda p: p.stem)
def test_a_bundled_question_has_a_map_worth_deliberating(path: Path) -> None:
    question = read_question(path)
    assert 12 <= len(question.considerations) <= 24
    assert len({v for c in question.considerations for v in c.values}) >= 5
    for position in question.positions:
        leans = [c.direction[position.id] for c in question.considerations]
        assert sum(lean > 0.2 for lean in leans) >= 3
        assert sum(lean < -0.2 for lean in leans) >= 3
    assert len(question.cases) >= 3
    for case in question.cases:
        assert {r.position for r in case.responses} == {p.id for p in question.positions}


@pytest.mark.parametrize("path", BUNDLED, ids=lambda p: p.stem)
def test_every_exhibit_can_be_looked_up(path: Path) -> None:
    question = read_question(path)
    assert len(question.dossier.exhibits) >= 3
    for exhibit in question.dossier.exhibits:
        assert exhibit.url.startswith("https://")
        assert exhibit.author
        assert str(exhibit.year) in exhibit.date
        assert exhibit.bears
    assert question.source.url.startswith("http")
    assert question.source.licence


def test_a_typed_question_gets_the_same_map_for_the_same_words() -> None:
    one = Question.model_validate(generated(STOCK, "Should an AI write eulogies?"))
    same = Question.model_validate(generated(STOCK, "should an AI write eulogies"))
    other = Question.model_validate(generated(STOCK, "Should an AI grade essays?"))
    assert one.considerations == same.considerations
    assert one.id == same.id != other.id
    assert one.considerations != other.considerations


def test_a_generated_map_says_that_it_is() -> None:
    assert Question.model_validate(generated(STOCK, "Should an AI write eulogies?")).origin == "generated"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("positions", [], "positions"),
        ("id", "eulogies", "id"),
        ("colour", "red", "colour"),
    ],
)
def test_a_broken_question_is_named(tmp_path: Path, field: str, value: object, named: str) -> None:
    plain = yaml.safe_load(BUNDLED[0].read_text())
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({**plain, field: value}))
    with pytest.raises(DataError, match=rf"mine\.yaml: {named}"):
        read_question(path)


def test_a_reference_to_nothing_is_named(tmp_path: Path) -> None:
    plain = yaml.safe_load(BUNDLED[0].read_text())
    plain["considerations"][0]["rebuts"] = ["nobody-said-this"]
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(plain))
    with pytest.raises(DataError, match="nobody-said-this"):
        read_question(path)


def test_what_people_really_answered_stands_in_no_question_and_no_prompt() -> None:
    keys = human_results()
    known = {read_question(path).id for path in BUNDLED}
    assert {key.question for key in keys} <= known
    words = "".join(path.read_text() for path in CONF.rglob("*.yaml"))
    for key in keys:
        assert key.url.startswith("https://")
        assert key.differs
        for result in key.results:
            assert result.item not in words


def test_only_the_analysis_opens_the_answer_key() -> None:
    package = Path(deliberation.__file__).parent
    naming = [path.name for path in package.rglob("*.py") if "human_results" in path.read_text()]
    assert sorted(naming) == ["__init__.py", "answers.py"]


def test_the_smallest_question_of_the_guide_runs(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)
    (tmp_path / "mine.yaml").write_text(example)
    question = read_question(tmp_path / "mine.yaml")
    settings = Settings.bundled(assemblies=3, members=4, truth=0).model_copy(update={"question": question})
    manifest = run_study(settings, tmp_path / "run")
    assert manifest.circumstances.status == "complete"
    assert RunFolder(tmp_path / "run").clauses()
