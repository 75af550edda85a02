from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from deliberation.errors import BudgetExhausted, DataError, StorageError
from deliberation.models.budget import Purse, cost_of
from deliberation.models.journal import Journal, Kept, Taken
from deliberation.models.requests import Reply
from deliberation.records.manifest import Usage
from deliberation.settings import Budget, Price, Prices, Tokens


def test_a_reply_kept_is_there_after_the_file_is_opened_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.sqlite", durable=True) as journal:
        yes = Reply(
            "yes", "k1", Tokens(input=10, cached=4, output=2), origin="someone", model="m-1", stop="stop", seconds=0.5
        )
        no = Reply("no", "k2", Tokens(input=20, output=3, reasoning=1), origin="someone", raw="```no```")
        journal.keep([Kept(yes, "someone/1", '{"a":1}'), Kept(no, "someone/1")])
    with Journal(tmp_path / "j.sqlite", durable=True) as journal:
        assert journal.recall(["k1", "k3"]) == {"k1": yes._replace(seconds=0.0)}
        assert journal.usage() == Usage(
            calls=2, input_tokens=30, cached_tokens=4, output_tokens=5, reasoning_tokens=1,
            reported={"someone as m-1": 1}, stops={"stop": 1},
        )  # fmt: skip


def test_a_completed_call_cannot_be_kept_twice(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.sqlite", durable=False) as journal:
        journal.keep([Kept(Reply("yes", "k1"), "someone/1")])
        with pytest.raises(StorageError, match="UNIQUE"):
            journal.keep([Kept(Reply("other", "k2"), "someone/1"), Kept(Reply("again", "k1"), "someone/1")])
        assert journal.usage().calls == 1


def test_a_file_that_is_no_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "j.sqlite").write_text("hello, this is not a database at all" * 100)
    with pytest.raises(DataError, match=r"j\.sqlite: not a journal"):
        Journal(tmp_path / "j.sqlite", durable=False)


def test_a_purse_counts_what_earlier_sessions_spent() -> None:
    purse = Purse(Budget(calls=10), [Taken("m", "", False, 8, Tokens())])
    purse.take(2)
    with pytest.raises(BudgetExhausted, match=r"budget\.calls=10"):
        purse.take(1)


def test_calls_set_aside_count_before_they_come_back() -> None:
    purse = Purse(Budget(calls=3))
    purse.take(2)
    with pytest.raises(BudgetExhausted):
        purse.take(2)
    purse.paid(Reply("yes"))
    purse.take(1)


def test_tokens_are_capped() -> None:
    purse = Purse(Budget(tokens=100), [Taken("m", "", False, 1, Tokens(input=90))])
    purse.take(1)
    purse.paid(Reply("yes", "k", Tokens(input=8, output=2)))
    with pytest.raises(BudgetExhausted, match=r"budget\.tokens=100"):
        purse.take(1)


PRICES = Prices(
    as_of="2026-11-01",
    source="made up",
    models={"a:big": Price(input=2.0, cached=0.2, output=10.0), "small": Price(input=1.0, output=1.0)},
)


def test_what_is_not_known_costs_nobody_knows_what_and_never_nothing() -> None:
    known = Taken("a:big", "", False, 1, Tokens(input=1_000_000, cached=500_000, output=100_000, reasoning=90_000))
    assert cost_of([known], PRICES) == pytest.approx(1.0 + 0.1 + 1.0)
    assert cost_of([known._replace(bulk=True)], PRICES) == pytest.approx(1.05)
    assert cost_of([known._replace(origin="b:small")], PRICES) == pytest.approx(1.1)
    assert cost_of([known, known._replace(origin="a:other")], PRICES) is None
    assert cost_of([known], None) is None
    assert cost_of([known._replace(tokens=Tokens())], PRICES) is None  # a server that reports no tokens
    assert cost_of([known._replace(origin="synthetic")], None) == 0.0


def test_a_purse_in_money_counts_what_is_read_from_a_cache_apart() -> None:
    purse = Purse(Budget(usd=1.0), [], PRICES)
    purse.take(2)
    purse.paid(Reply("yes", tokens=Tokens(input=1_000_000, cached=1_000_000), origin="a:big"))
    assert purse.usd == pytest.approx(0.2)
    purse.paid(Reply("yes", tokens=Tokens(output=80_000, input=1), origin="a:big"))
    with pytest.raises(BudgetExhausted, match=r"budget\.usd=1"):
        purse.take(1)


def test_a_journal_of_an_earlier_version_is_read_and_goes_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "j.sqlite") as old:
        old.execute(
            "create table replies (key text primary key, text text not null, input_tokens integer not null, "
            "output_tokens integer not null, answerer text not null, received real not null) without rowid"
        )
        old.execute("insert into replies values ('k1', 'yes', 10, 2, 'someone/1', 0.0)")
    with Journal(tmp_path / "j.sqlite", durable=False) as journal:
        assert journal.recall(["k1"])["k1"].tokens == Tokens(input=10, output=2)
        journal.keep([Kept(Reply("no", "k2", model="m-2"), "someone/1")])
        assert journal.usage().calls == 2
