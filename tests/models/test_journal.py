from __future__ import annotations

from pathlib import Path

import pytest

from deliberation.errors import BudgetExhausted, DataError, StorageError
from deliberation.models.budget import Purse
from deliberation.models.journal import Journal
from deliberation.models.requests import Reply
from deliberation.records.manifest import Usage
from deliberation.settings import Budget


def test_a_reply_kept_is_there_after_the_file_is_opened_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.sqlite", durable=True) as journal:
        journal.keep([Reply("yes", "k1", 10, 2), Reply("no", "k2", 20, 3)], "someone/1")
    with Journal(tmp_path / "j.sqlite", durable=True) as journal:
        assert journal.recall(["k1", "k3"]) == {"k1": Reply("yes", "k1", 10, 2, origin="someone")}
        assert journal.usage() == Usage(calls=2, input_tokens=30, output_tokens=5)


def test_a_completed_call_cannot_be_kept_twice(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.sqlite", durable=False) as journal:
        journal.keep([Reply("yes", "k1")], "someone/1")
        with pytest.raises(StorageError, match="UNIQUE"):
            journal.keep([Reply("other", "k2"), Reply("again", "k1")], "someone/1")
        assert journal.usage().calls == 1


def test_a_file_that_is_no_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "j.sqlite").write_text("hello, this is not a database at all" * 100)
    with pytest.raises(DataError, match=r"j\.sqlite: not a journal"):
        Journal(tmp_path / "j.sqlite", durable=False)


def test_a_purse_counts_what_earlier_sessions_spent() -> None:
    purse = Purse(Budget(calls=10), Usage(calls=8))
    purse.take(2)
    with pytest.raises(BudgetExhausted, match=r"budget\.calls=10"):
        purse.take(1)


def test_calls_set_aside_count_before_they_come_back() -> None:
    purse = Purse(Budget(calls=3), Usage())
    purse.take(2)
    with pytest.raises(BudgetExhausted):
        purse.take(2)
    purse.paid(Reply("yes"))
    purse.take(1)


def test_tokens_are_capped() -> None:
    purse = Purse(Budget(tokens=100), Usage(input_tokens=90))
    purse.take(1)
    purse.paid(Reply("yes", "k", 8, 2))
    with pytest.raises(BudgetExhausted, match=r"budget\.tokens=100"):
        purse.take(1)
