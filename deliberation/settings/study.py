"""The whole of a study's settings, its canonical form and its hash."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from deliberation import assets
from deliberation.errors import ConfigError
from deliberation.records.agenda import Question
from deliberation.records.base import SCHEMA, Record, Slug, canonical, short_hash
from deliberation.records.files import first_problem
from deliberation.settings.aggregation import Aggregation, Distillation
from deliberation.settings.models import CARRIAGE, Cast, Chat, ModelSettings, People, Prices, Synthetic, Tokens
from deliberation.settings.parts import (
    Budget,
    EncodingSettings,
    PanelSettings,
    Prompts,
    Witness,
)
from deliberation.settings.procedure import Procedure
from deliberation.settings.reading import population_path, read_option, read_population, read_yaml
from deliberation.settings.respondents import listed

FREE = ("budget", "concurrency", "delivery", "prices")
"""Settings that change how a run is carried out, never what it is: outside the hash, open to `resume`."""


_MOST_MEMBERS = 1000
MOST_EXACT = 6000
"""Votes for which the slate of proportional approval voting is found exactly in every resample."""


class Settings(Record):
    """All that one configuration describes: a question, the assemblies that take it up, and what follows.

    `truth`: on how many fresh panels the planted will of a synthetic public is found, once it has ruled; 0 for none.
    `delivery`: `interactive` asks at once, no assembly waiting for another; `bulk` sends what all assemblies ask at the
    same step as one batch to the provider's batch endpoint, for less money and within a day. `prices`: null where none
    is known.
    `orders`: another number draws every order anew, of speakers, options and clauses, and nothing else.
    `ratify` matters only where a finished run is ruled on again: clauses that a panel has not voted on are put to it.
    """

    study: Slug
    idea: str = Field(min_length=1)
    seed: int = Field(ge=0)
    orders: int = Field(default=0, ge=0)
    assemblies: int = Field(ge=1, le=1_000_000)
    members: int = Field(ge=1, le=1_000_000)
    question: Question
    panel: PanelSettings
    witness: Witness
    procedure: Procedure
    model: ModelSettings
    prompts: Prompts
    distillation: Distillation
    aggregation: Aggregation
    encoding: EncodingSettings
    truth: int = Field(default=400, ge=0, le=100_000)
    ratify: bool = False
    budget: Budget
    prices: Prices | None = None
    delivery: Literal["interactive", "bulk"] = "interactive"
    concurrency: int = Field(ge=1, le=100_000)

    @model_validator(mode="after")
    def _seats_can_be_filled(self) -> Settings:
        if not self.imported and not 2 <= self.members <= _MOST_MEMBERS:
            raise ValueError(f"members={self.members}: an assembly has 2 to {_MOST_MEMBERS}")
        there = len(listed(self.panel.population)) or self.panel.pool
        if self.members > min(there, self.panel.pool):
            raise ValueError(f"members={self.members}, but panel.pool={min(there, self.panel.pool)}")
        return self

    @model_validator(mode="after")
    def _tables_can_be_filled(self) -> Settings:
        for phase in self.procedure.phases:
            if phase.kind == "tables" and phase.tables > self.members:
                raise ValueError(f"members={self.members} cannot fill tables={phase.tables} of {phase.name!r}")
        return self

    @property
    def _weighs(self) -> bool:
        return any(phase.kind == "weighing" for phase in self.procedure.phases)

    @model_validator(mode="after")
    def _weighings_have_words(self) -> Settings:
        if self._weighs and "weigh" not in self.prompts.asks:
            raise ValueError(f"prompts.asks: no words for task 'weigh', which procedure={self.procedure.id} asks")
        return self

    @model_validator(mode="after")
    def _witness_knows_its_side(self) -> Settings:
        known = [p.id for p in self.question.positions]
        for one in (self.witness, *self.witness.bench.values()):
            if one.towards is not None and one.towards not in known:
                raise ValueError(f"witness.towards={one.towards!r} is no position (there are: {', '.join(known)})")
        return self

    @model_validator(mode="after")
    def _procedure_fits_the_question(self) -> Settings:
        number = len(self.question.positions)
        for phase in self.procedure.phases:
            if phase.kind == "stock" and not all(1 <= p <= number for p in phase.positions):
                raise ValueError(f"phase {phase.name!r}: positions {list(phase.positions)}, but there are {number}")
            group = getattr(phase, "group", None)
            if group is not None and group not in {*self.panel.attributes(), "outlook"}:
                raise ValueError(f"phase {phase.name!r}: group={group!r} is no attribute of the panel")
        return self

    @model_validator(mode="after")
    def _seats_are_filled_one_way(self) -> Settings:
        seats, of = self.procedure.seats, f"procedure={self.procedure.id}"
        if seats == "parties" and not self.panel.weights.plain:
            raise ValueError(f"panel.weights cannot be set for {of}: its votes are weighted by parties")
        if seats != "sortition" and self.panel.dropout:
            raise ValueError(f"panel.dropout={self.panel.dropout:g}: {of} does not fill its seats by lot")
        if seats != "sortition" and self.panel.weights.base == "design":
            raise ValueError(f"panel.weights.base=design: {of} does not fill its seats by lot")
        return self

    @model_validator(mode="after")
    def _rules_can_be_laid_over(self) -> Settings:
        self.rules  # noqa: B018  raises where they cannot be right
        return self

    @property
    def rules(self) -> Aggregation:
        """How ballots become rulings: the study's aggregation, and over it what belongs to the procedure."""
        if not self.procedure.rules:
            return self.aggregation
        unknown = sorted(self.procedure.rules.keys() - Aggregation.model_fields.keys())
        if unknown:
            raise ValueError(f"procedure.rules: {unknown[0]!r} is no setting of an aggregation")
        return Aggregation.model_validate({**self.aggregation.model_dump(), **self.procedure.rules})

    @model_validator(mode="after")
    def _slate_can_be_found(self) -> Settings:
        rules, cells = self.rules, self.assemblies * self.members * self.aggregation.max_clauses
        if rules.rule == "slate" and rules.committee == "pav" and cells > MOST_EXACT:
            raise ValueError(
                f"aggregation.committee=pav is found exactly in every resample, for {MOST_EXACT:,} votes at most; here "
                f"may be {cells:,} (sequential_pav and equal_shares have no such limit)"
            )
        return self

    @model_validator(mode="after")
    def _cap_can_be_kept(self) -> Settings:
        for chat in self.chats if self.budget.usd is not None else ():
            if self.prices is None or self.prices.of(chat.name, Tokens()) is None:
                raise ValueError(f"budget.usd={self.budget.usd:g} cannot be kept: no price of {chat.name} is known")
        return self

    @model_validator(mode="after")
    def _bulk_is_sold(self) -> Settings:
        if self.delivery == "bulk" and not self.chats:
            raise ValueError(f"delivery=bulk: model.kind={self.model.kind} has no batch endpoint")
        return self

    @property
    def clerk(self) -> ModelSettings:
        """Who judges clauses after the sittings."""
        return self.distillation.clerk or self.model

    @property
    def judged(self) -> bool:
        """Whether the clerk is asked; of what people did elsewhere nobody can be, unless one is named."""
        return self.distillation.judged and not isinstance(self.clerk, People)

    @property
    def exemplified(self) -> bool:
        """Whether the clerk writes examples of what was ruled on."""
        wanted = self.encoding.examples > 0 and self.encoding.specification
        return wanted and not isinstance(self.clerk, People)

    @property
    def imported(self) -> bool:
        """Whether it is a record of what people did, in which nobody is asked anything."""
        return isinstance(self.model, People)

    @property
    def chats(self) -> tuple[Chat, ...]:
        """Every chat model that answers."""
        everyone = self.model.places().values() if isinstance(self.model, Cast) else (self.model,)
        return tuple(one for one in (*everyone, self.distillation.clerk) if isinstance(one, Chat))

    @model_validator(mode="after")
    def _groups_exist(self) -> Settings:
        known = {*self.panel.attributes(), "outlook"}
        for place, name in enumerate((self.aggregation.group_by, *self.aggregation.floor_by)):
            if name not in known:
                where = f"floor_by: {name!r}" if place else f"group_by={name!r}"
                raise ValueError(f"aggregation.{where} is no attribute (there are: {', '.join(sorted(known))})")
        return self

    @classmethod
    def bundled(cls, **changes: Any) -> Settings:
        """The default study, put together from the shipped files without Hydra.

        Args:
            changes: a group (`question="health_advice"`) takes the name of one of its files, any other setting its
                value.

        Raises:
            ConfigError: there is no such file or setting, or a value cannot be right.
        """
        conf = assets.folder("conf")
        study = read_yaml(conf / "study.yaml")
        chosen = {k: v for entry in study["defaults"] if isinstance(entry, dict) for k, v in entry.items()}
        plain = {k: v for k, v in study.items() if k in cls.model_fields}
        for group in (g for g in chosen if g in cls.model_fields):
            name = changes.get(group, chosen[group])
            plain[group] = read_option(conf / group, name) if isinstance(name, str) else name
        others = {k: v for k, v in changes.items() if k not in chosen}
        return read_settings({**plain, **others})

    @property
    def synthetic(self) -> Synthetic:
        """The synthetic public that answers.

        Raises:
            ConfigError: somebody else does.
        """
        if not isinstance(self.model, Synthetic):
            raise ConfigError(f"model.kind={self.model.kind}: this can be found for the synthetic public alone")
        return self.model

    def fixed(self) -> dict[str, Any]:
        """The settings that decide what the run is, as plain JSON."""
        plain = self.model_dump(mode="json", exclude=set(FREE))
        if self.panel.persona == "full":  # what every run was before there was a choice, and is called as it was then
            del plain["panel"]["persona"]
        if not self._weighs:  # words that nobody is asked in
            plain["prompts"]["asks"].pop("weigh", None)
        how = plain["distillation"]
        clerk = how["clerk"] and _meant(how["clerk"])
        return {**plain, "model": _meant(plain["model"]), "distillation": {**how, "clerk": clerk}}

    @property
    def sha256(self) -> str:
        """Hash of everything that decides what the run is."""
        return hashlib.sha256(canonical(self.fixed()).encode()).hexdigest()

    @property
    def sitting_sha256(self) -> str:
        """Hash of what decides the deliberation alone, so that another rule on it rules on the same assemblies."""
        later = {"study", "distillation", "aggregation", "encoding", "assemblies", "ratify", "truth"}
        return hashlib.sha256(canonical({k: v for k, v in self.fixed().items() if k not in later}).encode()).hexdigest()

    @property
    def run(self) -> str:
        """The run's id: what it is, never when or where it ran."""
        return f"run-{short_hash(self.sha256, SCHEMA, size=5)}"


def read_settings(plain: dict[str, Any]) -> Settings:
    """Check a composed configuration.

    Args:
        plain: the configuration as dictionaries, lists and scalars; `panel.population` may be a name or a path.

    Raises:
        ConfigError: names the first setting that cannot be right, and its value.
    """
    try:
        return Settings.model_validate(_with_draw(_with_clerk(_with_population(plain))), strict=False)
    except ValidationError as error:
        raise ConfigError(first_problem(error)) from error


def _meant(model: dict[str, Any]) -> dict[str, Any]:
    """A model's settings without those that only say how calls are carried."""
    inner = {k: _meant(v) if isinstance(v, dict) else v for k, v in model.items()}
    return {k: v for k, v in inner.items() if k not in CARRIAGE} if model.get("kind") == "chat" else inner


def _with_clerk(plain: dict[str, Any]) -> dict[str, Any]:
    """A clerk may be given as the name of one of the shipped models."""
    how = plain.get("distillation")
    name = how.get("clerk") if isinstance(how, dict) else None
    if not isinstance(how, dict) or not isinstance(name, str):
        return plain
    group = assets.folder("conf") / "model"
    known = sorted(path.stem for path in group.glob("*.yaml"))
    if name not in known:
        raise ConfigError(f"distillation.clerk={name!r} is no model (there are: {', '.join(known)})")
    return {**plain, "distillation": {**how, "clerk": read_option(group, name)}}


def _with_draw(plain: dict[str, Any]) -> dict[str, Any]:
    model = plain.get("model")
    return {**plain, "model": _drawn(model)} if isinstance(model, dict) else plain


def _drawn(model: dict[str, Any]) -> dict[str, Any]:
    """A model's settings, in which every synthetic public has the parameters of the draw that it names."""
    if model.get("kind") != "synthetic":
        return {k: _drawn(v) if isinstance(v, dict) else v for k, v in model.items()}
    number = model.get("draw")
    if not isinstance(number, int) or number < 1:
        return model
    draws = read_yaml(assets.folder("conf") / "kernel_draws.yaml")
    if number > len(draws):
        raise ConfigError(f"model.draw={number}: there are {len(draws)} draws")
    base = read_yaml(assets.folder("conf") / "model" / "synthetic.yaml")["kernel"]
    # what a preset or the user has set stays set: a null model that talked would be none
    drawn = {k: v for k, v in draws[number - 1].items() if model["kernel"].get(k) == base[k]}
    return {**model, "kernel": {**model["kernel"], **drawn}}


def _with_population(plain: dict[str, Any]) -> dict[str, Any]:
    panel = plain.get("panel")
    name = panel.get("population") if isinstance(panel, dict) else None
    if not isinstance(panel, dict) or not isinstance(name, str):
        return plain
    return {**plain, "panel": {**panel, "population": read_population(population_path(name))}}
