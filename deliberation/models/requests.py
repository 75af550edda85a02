"""The seam between an assembly and whoever answers: requests out, replies in. No answerer stands here."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from deliberation.models.tasks import Task
from deliberation.records.agenda import Dossier, Question
from deliberation.records.events import Event, Role
from deliberation.records.people import Persona, ValueModel
from deliberation.settings import Tokens


class Roster(NamedTuple):
    """What is settled before a word is said: the question, who sits, which evidence is there.

    `lot` names its draws, `orders` those of the orders in which things come. `turns`: of a member at tables in the
    whole procedure; `weights`: of members' votes, by id, where not 1; `values`: how values are spread over the
    population.
    """

    assembly: str
    seed: int
    idea: str
    question: Question
    members: tuple[Persona, ...]
    dossier: Dossier
    digest: str
    lot: str
    orders: str
    turns: int = 0
    weights: Mapping[str, float] = {}
    values: ValueModel | None = None

    @classmethod
    def of(
        cls,
        *,
        assembly: str,
        seed: int,
        idea: str,
        question: Question,
        members: tuple[Persona, ...],
        dossier: Dossier,
    ) -> Roster:
        """A roster with its digest, whose draws are named by the assembly."""
        text = "\x1f".join((str(seed), idea, question.line(), dossier.line(), *(m.line() for m in members)))
        digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        return cls(assembly, seed, idea, question, members, dossier, digest, assembly, assembly)


class View(NamedTuple):
    """What a request rests on.

    `events` is what the one who is asked has seen and heard, and its own private acts; `digest` rolls over them.
    `record` is all that happened in the room so far: only an answerer that simulates the whole room may use it; a
    language model is shown `events` alone.
    """

    roster: Roster
    events: tuple[Event, ...]
    digest: str
    record: tuple[Event, ...]
    record_digest: str


class Address(NamedTuple):
    """Where in the order of the day a request stands; unique within an assembly."""

    assembly: str
    phase: str
    round: int
    table: str
    speaker: str
    task: str
    item: str


class Request(NamedTuple):
    """One thing asked of one person. `persona` is null for the roles that are nobody in particular.

    `repeat` counts how often it was asked again here, and `error` says what was wrong with the last reply.
    """

    address: Address
    role: Role
    persona: Persona | None
    task: Task
    view: View
    repeat: int = 0
    error: str | None = None


class Reply(NamedTuple):
    """The text of an answer, what it took and where it came from.

    `call` is its key in the journal once it is kept there, `origin` the name of who answered, such as `synthetic`.
    `raw`: the text as it came, where a wrapping has been taken off it. `model`: the model's id as the provider reports
    it. `stop`: why it ended there, in the provider's word. `seconds`: how long it took. `bulk`: bought in a batch.
    """

    text: str
    call: str = ""
    tokens: Tokens = Tokens()
    origin: str = ""
    raw: str | None = None
    model: str = ""
    stop: str = ""
    seconds: float = 0.0
    bulk: bool = False

    @property
    def cut(self) -> bool:
        """Whether it broke off at the limit of its length."""
        return self.stop in {"length", "max_tokens"}


class Identity(NamedTuple):
    """Who answers, as it enters the journal key and the manifest.

    `paid`: replies cost money or time, so each is committed when it arrives. `simulates_room`: the answer may rest
    on the whole record, which then enters the key.
    """

    name: str
    version: str
    paid: bool
    simulates_room: bool

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


class Answerer(Protocol):
    """Answers requests: the synthetic public, a chat model, a script, a person."""

    identity: Identity

    def answer(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply]]:
        """Answer a batch, each reply with its place in the batch, as they come.

        Raises:
            AnswererError: no answer can be had; what was yielded before stands.
        """
        ...

    def dismiss(self, assembly: str) -> None:
        """The assembly has closed: drop whatever was kept for it."""
        ...

    async def aclose(self) -> None:
        """The event loop is about to end: let go of what belongs to it. Another may ask again later."""
        ...

    def mark(self, request: Request) -> str:
        """What else sets this call apart for the journal: of a chat model, a hash of all that is sent."""
        ...


def journal_key(request: Request, identity: Identity, mark: str = "") -> str:
    """The key under which a reply is kept: 32 hexadecimal digits.

    It covers the address, the task, the digest of what the one asked could see, the repeat number, who answers, and the
    answerer's own mark of the call.
    """
    view = request.view
    seen = view.record_digest if identity.simulates_room else view.digest
    parts = (
        *map(str, request.address),
        request.task.kind,
        request.task.fingerprint(),
        view.digest,
        seen,
        str(request.repeat),
        str(identity),
        mark,
    )
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
