"""What is sent for a request and what comes back, as plain values, the same whichever way it travels.

The order is the one that prompt caches reward: rules, then the record, which only grows, then what is personal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from string import Template
from typing import Any, NamedTuple, assert_never

from deliberation.models.chat.schemas import Schema, form_of, schema_for_all, schema_of
from deliberation.models.prompts import CHARACTERS_A_TOKEN, CLOSE, OPEN, Words, render
from deliberation.models.requests import Reply, Request
from deliberation.models.tasks import Divide, Entail, Exemplify, Recognise, Relate, Weigh
from deliberation.records.base import canonical
from deliberation.settings import Chat, Prompts, Tokens

Block = dict[str, Any]

_LOOKBACK, _MARKS = 20, 4
"""A cache is looked up at the ends of blocks, at most so many before a mark (Anthropic); so many marks may be set."""
_WORTH_CACHING = 1024 * CHARACTERS_A_TOKEN
"""Characters of shared words from which a provider caches them: 1,024 tokens, of about four characters."""


class Sent(NamedTuple):
    """The messages of one call, and the schema that its reply is held to, where the server can do so.

    `group`: what calls with the same beginning have in common, where a provider wants to be told. `form`: the one asked
    for, where the schema is the one for all.
    """

    system: str
    user: str | tuple[Block, ...]
    name: str
    schema: Schema | None
    group: str = ""
    form: str = ""

    @property
    def text(self) -> str:
        """All words in order."""
        user = self.user if isinstance(self.user, str) else "".join(block["text"] for block in self.user)
        return f"{self.system}\n{user}"

    @property
    def tokens(self) -> int:
        """About how many tokens it has, at four characters each."""
        return len(self.text) // CHARACTERS_A_TOKEN


def sent_for(settings: Chat, prompts: Prompts, request: Request, lines: dict[str, str] | None = None) -> Sent:
    """What is sent for a request.

    Args:
        settings: how it is asked.
        prompts: the words.
        request: the request.
        lines: see `prompts.render`.

    Raises:
        PromptTooLong: the words are over their budget.
    """
    words = render(prompts, request, lines)
    group = request.address.assembly if _routes(settings) else ""
    task = request.task
    apart = isinstance(
        task, Divide | Relate | Entail | Exemplify | Recognise
    )  # these begin like no other calls, so they share nothing
    match "schema" if apart and settings.structured == "shared" else settings.structured:
        case "shared":
            form = form_of(task)
            roster = request.view.roster
            facts = {name for person in roster.members for name in person.attributes}
            schema = schema_for_all(roster.question, facts, weighs=isinstance(task, Weigh))
            end = "\n" + Template(prompts.form).substitute(kind=form)
            return Sent(words.rules, _user(settings, words, end), "reply", schema, group, form)
        case "schema":
            return Sent(words.rules, _user(settings, words, ""), task.kind, schema_of(task), group)
        case "prompt":
            end = f"\n{json.dumps(schema_of(task), ensure_ascii=False)}"  # in the order shown
            return Sent(words.rules, _user(settings, words, end), task.kind, None, group)
        case never:
            assert_never(never)


def mark_of(settings: Chat, sent: Sent) -> str:
    """Hash of all that is sent: words, schema and sampling."""
    sampling = (settings.provider, settings.model, settings.temperature, settings.max_tokens, settings.structured)
    parts = (sent.text, canonical(sent.schema), *map(str, sampling))
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def body_of(settings: Chat, sent: Sent) -> dict[str, Any]:
    """The body of a call, as the provider's own protocol has it."""
    user = sent.user if isinstance(sent.user, str) else list(sent.user)
    sampling = {} if settings.temperature is None else {"temperature": settings.temperature}
    match settings.provider:
        case "openai":
            messages = [{"role": "system", "content": sent.system}, {"role": "user", "content": user}]
            limit = {"max_completion_tokens": settings.max_tokens}
            return {"model": settings.model, "messages": messages, **limit, **sampling, **options_of(sent)}
        case "anthropic":
            held = {} if sent.schema is None else {"output_config": {"format": _anthropic_format(sent.schema)}}
            messages = [{"role": "user", "content": user}]
            limit = {"max_tokens": settings.max_tokens}
            return {"model": settings.model, "system": sent.system, "messages": messages, **limit, **sampling, **held}
        case never:
            assert_never(never)


def options_of(sent: Sent) -> dict[str, Any]:
    """What goes with the messages, in OpenAI's words, which LangChain knows for every provider."""
    found: dict[str, Any] = {}
    if sent.schema is not None:
        held = {"name": sent.name, "schema": sent.schema, "strict": True}
        found["response_format"] = {"type": "json_schema", "json_schema": held}
    if sent.group:
        found["prompt_cache_key"] = sent.group
    if not isinstance(sent.user, str) and any("prompt_cache_breakpoint" in block for block in sent.user):
        # else the end of every call is written to the cache as well
        found["prompt_cache_options"] = {"mode": "explicit"}
    return found


def _anthropic_format(schema: Schema) -> dict[str, Any]:
    """Anthropic's way to hold a reply to a schema, which its SDK writes in the subset that is understood there."""
    from anthropic import transform_schema

    return {"type": "json_schema", "schema": transform_schema(schema)}


def unwrapped(reply: Reply, sent: Sent) -> Reply:
    """A reply out of the schema for all, as the task reads it; one in another form is left for the task to refuse."""
    if not sent.form:
        return reply
    try:
        inner = json.loads(reply.text)["reply"]
        kind = inner.pop("kind")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return reply
    text = _whole(json.dumps(inner, ensure_ascii=False)) if kind == sent.form else reply.text
    return reply._replace(text=text, raw=reply.raw or reply.text)


def reply_in(body: Mapping[str, Any], settings: Chat) -> Reply:
    """The reply in the body of a provider's answer, as a batch endpoint returns it."""
    usage = body.get("usage") or {}
    match settings.provider:
        case "openai":
            choice = body["choices"][0]
            message, refusal = choice["message"], choice["message"].get("refusal")
            stop = "refusal" if refusal else str(choice.get("finish_reason") or "")
            text = message.get("content") or refusal or ""
            return reply_of(text, _openai_tokens(usage), model=str(body.get("model", "")), stop=stop)
        case "anthropic":
            read, written = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
            whole = usage.get("input_tokens", 0) + read + written
            thought = (usage.get("output_tokens_details") or {}).get("thinking_tokens") or 0
            text = "".join(part.get("text", "") for part in body["content"] if part.get("type") == "text")
            tokens = Tokens(whole, read, written, usage.get("output_tokens", 0), thought)
            return reply_of(text, tokens, model=str(body.get("model", "")), stop=str(body.get("stop_reason") or ""))
        case never:
            assert_never(never)


def reply_of(text: str, tokens: Tokens, *, model: str = "", stop: str = "") -> Reply:
    """A reply without a code fence around it, which models add; anything else is left for the task to refuse."""
    text = _whole(text)
    plain = text.strip()
    if plain.startswith("```") and plain.endswith("```"):
        plain = plain.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    return Reply(plain, tokens=tokens, raw=None if plain == text else text, model=model, stop=stop)


def _whole(text: str) -> str:
    """Text in which half a character, as an escape in JSON can leave it, is replaced: no file would take it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _openai_tokens(usage: Mapping[str, Any]) -> Tokens:
    given, made = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    return Tokens(
        usage.get("prompt_tokens", 0),
        given.get("cached_tokens") or 0,
        given.get("cache_write_tokens") or 0,
        usage.get("completion_tokens", 0),
        made.get("reasoning_tokens") or 0,
    )


def _user(settings: Chat, words: Words, end: str) -> str | tuple[Block, ...]:
    shared = len(words.rules) + sum(map(len, words.record))
    if shared < _WORTH_CACHING or not _marks(settings):
        return words.told(end=end)
    if settings.provider == "openai":
        return _blocks(words, end, {"prompt_cache_breakpoint": {"mode": "explicit"}})
    return _blocks(words, end, {"cache_control": {"type": "ephemeral"}})


def _marks(settings: Chat) -> bool:
    """Whether the provider wants to be told which words to keep: Anthropic, and OpenAI from GPT-5.6 on."""
    if settings.cache != "auto":
        return settings.cache == "marked"
    return settings.provider == "anthropic" or (
        settings.base_url is None and settings.model.startswith(("gpt-5.6", "gpt-6"))
    )


def _routes(settings: Chat) -> bool:
    """Whether calls with the same beginning find each other by a name; another server may not know such an option."""
    known = settings.cache == "marked" or (settings.cache == "auto" and settings.base_url is None)
    return settings.provider == "openai" and known


def _blocks(words: Words, end: str, mark: Block) -> tuple[Block, ...]:
    """A block an event, marked at the last and as far back as marks reach, so that what was kept before is found."""
    blocks: list[Block] = [{"type": "text", "text": f"{line}\n"} for line in words.record]
    blocks[0]["text"] = f"{OPEN}\n{blocks[0]['text']}"
    for at in list(range(len(blocks) - 1, -1, -_LOOKBACK))[: _MARKS - 1]:
        blocks[at] |= mark
    ask: Block = {"type": "text", "text": f"{words.ask}{end}"}
    if not words.person:
        return (*blocks, {**ask, "text": f"{CLOSE}\n{ask['text']}"})
    # where several things are asked of one person in a row, the record stands still
    own: list[Block] = [{"type": "text", "text": f"{text}\n"} for text in (f"{CLOSE}\n{words.person}", *words.acts)]
    own[-1] |= mark
    return (*blocks, *own, ask)
