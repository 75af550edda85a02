"""Every error this package raises, as one tree.

Each message is a single line that carries the offending value. Nothing here knows how an error is shown.

    DeliberationError
    ├── ConfigError            a setting that cannot be right; found before anything is spent
    │   └── QuotaError         quotas that no panel can meet
    ├── DataError              a file that is not what it should be
    │   ├── TornRecord         a line that is not whole, in a place where a crash cannot have left it
    │   └── SchemaTooNew       a run folder written by a later version
    ├── RunError               a run folder that cannot be used as asked
    │   └── ReplayMismatch     a resumed assembly said something else than its transcript
    ├── UnreadableReply        a reply that is not one of the request's legal answers
    ├── AnswererError          an answerer could not answer (transport, wrong key, outage)
    │   └── PromptTooLong      what would have to be sent is longer than its budget
    ├── BudgetExhausted        a hard cap was reached; the run can be resumed
    ├── StorageError           the disk would not take what had to be written
    ├── TraceError             an id that the run does not know
    └── ExportError            a specification repository that cannot be read or written
"""

from __future__ import annotations


class DeliberationError(Exception):
    """The root: whatever the user can be told in one line."""


class ConfigError(DeliberationError):
    """A setting that cannot be right."""


class QuotaError(ConfigError):
    """Quotas that no panel drawn from the pool can meet."""


class DataError(DeliberationError):
    """A file that is not what it should be."""


class TornRecord(DataError):
    """A record that is not whole, where a crash cannot have left it so."""


class SchemaTooNew(DataError):
    """A run folder written by a later version of this package."""


class RunError(DeliberationError):
    """A run folder that cannot be used as asked."""


class ReplayMismatch(RunError):
    """A resumed assembly differed from the transcript that it had already written."""


class UnreadableReply(DeliberationError):
    """A reply that is not one of the request's legal answers.

    Attributes:
        reply: the raw text received.
        wanted: what would have been legal, in words fit to send back to the answerer.
    """

    def __init__(self, reply: str, wanted: str) -> None:
        self.reply = reply
        self.wanted = wanted
        super().__init__(f"unreadable reply {_shown(reply)}: wanted {wanted}")


class AnswererError(DeliberationError):
    """An answerer could not answer; the assembly is incomplete and can be resumed."""


class PromptTooLong(AnswererError):
    """What would have to be sent is longer than its budget; nothing was sent."""


class BudgetExhausted(DeliberationError):
    """A hard cap was reached.

    Attributes:
        cap: the name of the cap, as it is spelt in the configuration.
        limit: its value.
    """

    def __init__(self, cap: str, limit: float, *, how: str | None = None, why: str = "is used up") -> None:
        self.cap = cap
        self.limit = limit
        after = "resume with a higher one, or null, to carry the run on" if how is None else f"{how} carries the run on"
        super().__init__(f"{cap}={limit:g} {why}; {after}")


class StorageError(DeliberationError):
    """The disk would not take what had to be written."""


class TraceError(DeliberationError):
    """An id that the run does not know."""


class ExportError(DeliberationError):
    """A specification repository that cannot be read or written."""


def _shown(text: str, limit: int = 80) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= limit else flat[: limit - 1] + "…")
