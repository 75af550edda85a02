"""The pages under `conf/` say what is: every option, phase, field and parameter stands there, and every example runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from deliberation import assets
from deliberation.cli import COMMANDS, main
from deliberation.cli.compose import settings_for
from deliberation.errors import ConfigError
from deliberation.records.base import Record
from deliberation.records.folder import RunFolder
from deliberation.settings import Aggregation, Settings
from deliberation.settings.models import CARRIAGE, Chat, SyntheticKernel
from deliberation.settings.procedure import Phase, Procedure
from deliberation.settings.study import FREE
from deliberation.study import run_study

CONF = assets.folder("conf")
PAGES = sorted(CONF.rglob("*.md"))
GROUPS = sorted(path.name for path in CONF.iterdir() if path.is_dir())
PHASES: tuple[type[Record], ...] = get_args(get_args(Phase)[0])
SMALL = ("assemblies=3", "members=4", "truth=0", "distillation=words", "encoding=rlhf_hh")


def page(name: str) -> str:
    return (CONF / name / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def section(text: str, title: str) -> str:
    """What stands under a heading, down to the next one, without blocks of code."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    [found] = re.findall(rf"^#+ {title}\n(.*?)(?=^#|\Z)", text, re.DOTALL | re.MULTILINE)
    return str(found)


def rows(text: str) -> list[list[str]]:
    """The cells of every table row but heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def written(folder: Path, where: str, text: str) -> None:
    path = folder / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The folder that the pages' own examples make."""
    folder = tmp_path / "mine"
    for group, file in (("procedure", "two_talks"), ("aggregation", "careful")):
        written(folder, f"{group}/{file}.yaml", blocks(page(group), "yaml")[0])
    for file, text in zip(("partisans", "mine"), blocks(page("model"), "yaml"), strict=True):
        written(folder, f"model/{file}.yaml", text)
    written(folder, "experiment/late.yaml", blocks(page(""), "yaml")[0])
    return folder


@pytest.mark.parametrize("group", GROUPS)
def test_every_option_of_a_group_is_listed_and_none_is_stale(group: str) -> None:
    listed = [name for row in rows(section(page(""), group)) for name in named(row[0])]
    assert sorted(listed) == sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def test_the_page_tells_what_is_outside_the_hash() -> None:
    told = named(section(page(""), "What makes a run another run"))
    assert {*FREE, *CARRIAGE} <= set(told)
    settings = Settings.bundled()
    assert settings.model_copy(update={"concurrency": 1}).sha256 == settings.sha256
    for name in ("study", "idea", "seed", "truth"):
        assert name in told
        changed = {"seed": 8, "truth": 1}.get(name, "other")
        assert settings.model_copy(update={name: changed}).sha256 != settings.sha256


def test_an_option_with_the_name_of_a_bundled_one_is_refused_and_a_copy_of_it_is_not(tmp_path: Path) -> None:
    written(tmp_path, "aggregation/majority.yaml", blocks(page("aggregation"), "yaml")[0])
    with pytest.raises(ConfigError, match=r"majority\.yaml: a bundled option has that name"):
        settings_for(["--config-dir", str(tmp_path), "aggregation=majority"])
    written(tmp_path, "aggregation/majority.yaml", (CONF / "aggregation" / "majority.yaml").read_text())
    assert settings_for(["--config-dir", str(tmp_path), "aggregation=majority"]).aggregation.id == "majority"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(CONF)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        assert "://" in target or (path.parent / target).exists(), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(CONF)))
def test_every_command_on_a_page_is_one_whose_words_can_be_composed(path: Path, mine: Path) -> None:
    for line in re.findall(r"^deliberate .*$", path.read_text(encoding="utf-8"), re.MULTILINE):
        command, *words = shlex.split(line, comments=True)[1:]
        assert command in COMMANDS
        if command in {"run", "plan"} and not {"--multirun", "--cfg"} & set(words):
            given = [str(mine) if word == "mine" else word for word in words]
            settings_for(["model.model=m" if word == "model.model=..." else word for word in given])


def test_every_kind_of_phase_and_every_field_stands_on_the_page_with_its_default() -> None:
    told = {row[0].strip("`"): row[1] for row in rows(section_of_phases()) if len(row) == 3}
    assert "imported" in page("procedure")
    for phase in PHASES:
        kind = get_args(phase.model_fields["kind"].annotation)[0]
        if kind == "imported":
            continue
        fields = {k: v for k, v in phase.model_fields.items() if k not in {"kind", "name"}}
        given = [name for name in fields if re.search(rf"`{name}`", told[kind])]
        assert given == list(fields) or sorted(given) == sorted(fields), kind
        for name, field in fields.items():
            default = re.search(rf"`{name}` \(([^)]*)\)", told[kind])
            assert (default is None) == field.is_required(), f"{kind}.{name}"
            if default is not None:
                plain = {"all": (), "null": None, "true": True, "false": False}
                word = default[1].strip("`")
                assert str(plain.get(word, word)) == str(field.default), f"{kind}.{name}"


def section_of_phases() -> str:
    return page("procedure").partition("## Phases")[2].partition("## Seats and evaluators")[0]


def test_the_pages_procedure_is_valid_and_runs(mine: Path, tmp_path: Path) -> None:
    Procedure.model_validate(yaml.safe_load(blocks(page("procedure"), "yaml")[0]))
    settings = settings_for(["--config-dir", str(mine), "procedure=two_talks", *SMALL])
    assert settings.rules.threshold == 0.6 != settings.aggregation.threshold
    assert run_study(settings, tmp_path / "run").circumstances.status == "complete"
    run = RunFolder(tmp_path / "run")
    assert {ruling.rule for ruling in run.rulings()} == {"two_talks"}
    panel = next(iter(run.panels()))
    phases = list(dict.fromkeys(event.phase for event in run.events(panel.assembly)))
    assert [p for p in phases if p in {"first-talk", "testimony", "second-talk"}] == [
        "first-talk", "testimony", "second-talk",
    ]  # fmt: skip


def test_every_setting_of_an_aggregation_stands_on_the_page() -> None:
    told = [row[0].strip("`") for row in rows(section(page("aggregation"), "Settings"))]
    assert sorted(told) == sorted(Aggregation.model_fields)


def test_the_pages_rule_is_the_same_as_a_file_and_by_deliberate_rule(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    small = (*SMALL, "procedure=plain_poll")
    assert main(["run", "--config-dir", str(mine), "aggregation=careful", *small, "hydra.run.dir=by-file"]) == 0
    assert main(["run", *small, "hydra.run.dir=my-run"]) == 0
    by_settings, named = re.findall(
        r"^deliberate rule my-run (?:--config-dir|.*id=careful).*$", page("aggregation"), re.MULTILINE
    )[::-1]
    told = []
    for line in (named.replace("--config-dir mine", f"--config-dir {mine}"), by_settings):
        assert main(shlex.split(line)[1:]) == 0
        [again] = tmp_path.glob("my-run_rule-careful-*")
        told.append([(r.clause, r.status, r.why) for r in RunFolder(again).rulings()])
    capsys.readouterr()
    assert told[0] == told[1] == [(r.clause, r.status, r.why) for r in RunFolder(tmp_path / "by-file").rulings()]
    assert {r.rule for r in RunFolder(again).rulings()} == {"careful"}


def test_what_the_page_says_of_parameters_is_so() -> None:
    default = Settings.bundled().synthetic.kernel.model_dump()
    table = [row for row in rows(section(page("model"), "The synthetic public")) if len(row) == 4]
    assert len(table) > 25
    for cell, value, may_be, _ in table:
        name = cell.strip("`")
        assert float(value) == default[name], name
        assert may_be == _accepted(name, default), name


def _accepted(name: str, kernel: dict[str, Any]) -> str:
    def fits(value: float) -> bool:
        try:
            SyntheticKernel.model_validate({**kernel, name: value})
        except ValueError:
            return False
        return True

    if fits(-1.0):
        return "any number"
    if not fits(1.5):
        return "0 to 1"
    return "0 and up" if fits(0.0) else "above 0"


def test_parameters_of_made_up_worlds_change_nothing_in_a_run(tmp_path: Path) -> None:
    [told] = re.findall(r"change nothing in a run.*?say these things: (.*?)\.", page("model"), re.DOTALL)
    kernel: dict[str, Any] = Settings.bundled().synthetic.kernel.model_dump()
    moved = [f"model.kernel.{name}={kernel[name] * 0.5}" for name in named(told)]
    assert len(moved) == 8
    small = [*SMALL[1:], "assemblies=1", "procedure=talk_only"]
    said = []
    for number, words in enumerate(([], moved, ["model.kernel.attention=0.1"])):
        run_study(settings_for([*small, *words]), tmp_path / str(number))
        run = RunFolder(tmp_path / str(number))
        panel = next(iter(run.panels()))
        said.append([(event.kind, event.text.replace(panel.assembly, "")) for event in run.events(panel.assembly)])
    assert said[0] == said[1] != said[2]


def test_every_setting_of_a_chat_model_stands_on_the_page() -> None:
    text = section(page("model"), "Chat models")
    told = {name for row in rows(text) for name in named(row[0])}
    assert told == set(Chat.model_fields) - {"kind"}


def test_the_pages_models_compose(mine: Path) -> None:
    local = settings_for(["--config-dir", str(mine), "model=mine"]).model
    assert isinstance(local, Chat)
    assert (local.model, local.structured, local.key) == ("my-model", "prompt", None)
    public = settings_for(["--config-dir", str(mine), "model=partisans"]).synthetic
    assert (public.kernel.bias, public.kernel.noise) == (1.9, 1.21)


def test_the_pages_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [example] = blocks(page("model"), "python")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "conf/model/README.md", "exec"), {})
    out = capsys.readouterr().out.split()
    assert out[:2] == ["complete", "likes-the-first/1"]
    assert out.count("adopted") == 1
    assert out.count("rejected") == 3
