"""The one place that knows every kind of model."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from deliberation.errors import ConfigError
from deliberation.models.cast import CastAnswerer, cast_identity
from deliberation.models.journal import Journal
from deliberation.models.requests import Answerer, Identity, Request
from deliberation.models.synthetic import SyntheticPublic
from deliberation.settings import Cast, Chat, ModelSettings, People, Prompts, Settings, Synthetic

if TYPE_CHECKING:
    from deliberation.models.bulk import BulkAnswerer


def open_answerer(settings: Settings) -> Answerer:
    """The answerer that the settings describe.

    Raises:
        ConfigError: its own settings cannot be right, or a key is missing.
    """
    return _open(settings.model, settings.prompts)


def open_clerk(settings: Settings) -> Answerer:
    """Whoever judges clauses after the sittings.

    Raises:
        ConfigError: as of `open_answerer`.
    """
    return _open(settings.clerk, settings.prompts)


def open_bulk(answerer: Answerer, journal: Journal) -> BulkAnswerer:
    """The same answerer, asked by batches where it sells them.

    Raises:
        ConfigError: nobody in it does, or a key is missing.
    """
    from deliberation.models.bulk import BulkAnswerer, Seller
    from deliberation.models.chat.answerer import ChatAnswerer
    from deliberation.models.chat.batches import endpoint_for
    from deliberation.models.chat.bulk import BulkChat
    from deliberation.models.chat.providers import key_of

    everyone = answerer.everyone if isinstance(answerer, CastAnswerer) else (answerer,)
    chats = [one for one in everyone if isinstance(one, ChatAnswerer) and not one.handed_in]
    if not chats:
        raise ConfigError(f"delivery=bulk: {answerer.identity.name} sells no batches")

    def seller(chat: ChatAnswerer) -> Seller:
        key = key_of(chat.settings)
        bulk = BulkChat(
            lambda: endpoint_for(chat.settings, key),
            chat.settings,
            journal,
            who=chat.identity,
            secret=chat.secret,
        )
        return Seller(chat, bulk)

    sellers = tuple(map(seller, chats))
    by_chat = {id(one.chat): one for one in sellers}

    def whose(request: Request) -> Seller | None:
        return by_chat.get(id(answerer.at(request) if isinstance(answerer, CastAnswerer) else answerer))

    return BulkAnswerer(answerer, whose, sellers)


def identity_of(settings: Settings) -> Identity:
    """Who would answer; needs no key."""
    return _identity(settings.model, settings.prompts)


def identities_of(settings: Settings) -> dict[str, str]:
    """Who would answer, as the manifest names them: `all`, of a cast each place as well, and who judges clauses."""
    places = settings.model.places() if isinstance(settings.model, Cast) else {}
    each = {place: str(_identity(one, settings.prompts)) for place, one in places.items()}
    judge = settings.distillation.clerk
    own = {} if judge is None else {"judge": str(_identity(judge, settings.prompts))}
    return {"all": str(identity_of(settings)), **each, **own}


def _open(model: ModelSettings, prompts: Prompts) -> Answerer:
    match model:
        case Synthetic():
            return SyntheticPublic(model)
        case Chat():
            from deliberation.models.chat.providers import open_chat

            return open_chat(model, prompts)
        case Cast():
            return CastAnswerer(model, lambda one: _open(one, prompts))
        case People():
            raise ConfigError("model.kind=people: this run is imported, and nobody in it can be asked again")
        case never:
            assert_never(never)


def _identity(model: ModelSettings, prompts: Prompts) -> Identity:
    match model:
        case Synthetic():
            return SyntheticPublic(model).identity
        case Chat():
            from deliberation.models.chat.answerer import identity_of as of_chat

            return of_chat(model, prompts)
        case Cast():
            return cast_identity({place: _identity(one, prompts) for place, one in model.places().items()})
        case People():
            return Identity(model.name, "imported", paid=False, simulates_room=False)
        case never:
            assert_never(never)
