"""Who sits where and who speaks when: draws that the engine and the batched simulator share. Knows rows, not people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from deliberation.randomness import stream
from deliberation.settings import Witness

Rows = NDArray[np.int64]

POLL_ORDER, WEIGH_ORDER, BALLOT_ORDER = "poll-order", "weigh-order", "ballot-slate"
"""Purposes of the orders in which positions, considerations and clauses are shown."""

_TRIED = 20


def mixed(draw: Generator, tables: int, met: NDArray[np.bool_]) -> list[Rows]:
    """A random seating at which as few pairs as can be found meet again.

    Of some random seatings the best, and then two people change tables as long as that helps: the social golfer problem
    has no quick exact answer, and this one is random where several are as good.

    Args:
        draw: the draw of this round.
        tables: how many tables.
        met: which members have sat together, n x n.

    Returns:
        The rows at each table, in the order in which they were drawn.
    """
    number = len(met)
    tried = _TRIED if met.any() else 1
    orders = draw.permuted(np.tile(np.arange(number), (tried, 1)), axis=1)
    table_of = np.empty_like(orders)
    np.put_along_axis(table_of, orders, np.broadcast_to(np.arange(number) % tables, orders.shape), axis=1)
    again = ((table_of[:, :, None] == table_of[:, None, :]) & met).sum(axis=(1, 2))
    best = int(again.argmin())
    order, at = orders[best].copy(), table_of[best].copy()
    if again[best]:
        _change_tables(order, at, met.astype(np.int64), tables)
    return [order[start::tables] for start in range(tables)]


def _change_tables(order: Rows, at: Rows, met: Rows, tables: int) -> None:
    """Let pairs change tables as long as fewer meet again; `order` and `at`, the table of each row, are changed."""
    number = len(at)
    for _ in range(number * tables):
        known = met @ (at[:, None] == np.arange(tables)[None, :])  # whom each has met, by table
        here = known[np.arange(number), at]
        there = known[:, at]  # whom the row's person has met at the column's person's table
        gain = here[:, None] + here[None, :] - there - there.T + 2 * met
        gain[at[:, None] == at[None, :]] = 0
        i, j = divmod(int(gain.argmax()), number)
        if gain[i, j] <= 0:
            return
        one, other = int(np.flatnonzero(order == i)[0]), int(np.flatnonzero(order == j)[0])
        order[one], order[other] = j, i
        at[i], at[j] = at[j], at[i]


def grouped(groups: Sequence[str]) -> list[Rows]:
    """A table for each group, by the group's name: the rows that belong to it, in order."""
    names = np.array(groups)
    return [np.flatnonzero(names == name) for name in sorted(set(groups))]


def called(order: Rows, spoken: NDArray[np.int64]) -> Rows:
    """An order of speakers in which those who have spoken less come first: `spoken` by place in the order drawn."""
    return order[np.argsort(spoken[order], kind="stable")]


def together(seats: list[Rows], number: int) -> NDArray[np.bool_]:
    """Which of so many members sit together, n x n, nobody with itself."""
    table_of = np.empty(number, dtype=np.int64)
    for table, rows in enumerate(seats):
        table_of[rows] = table
    same: NDArray[np.bool_] = table_of[:, None] == table_of[None, :]
    np.fill_diagonal(same, val=False)
    return same


def bench(seed: int, lot: str, witness: Witness) -> list[tuple[str, Witness]]:
    """The witnesses by name, in the order in which they speak in one assembly."""
    each = list(witness.each().items())
    return [each[i] for i in stream(seed, "bench", lot).permutation(len(each))] if len(each) > 1 else each


def ordered_as(lot: str, orders: int) -> str:
    """What names the draws of orders: what names an assembly's others, unless orders are to be drawn anew."""
    return f"{lot}/{orders}" if orders else lot


def seating_draw(seed: int, assembly: str, phase: str, round_: int) -> Generator:
    """The draw for one round's seating."""
    return stream(seed, "seating", assembly, phase, round_)


def order(seed: int, purpose: str, assembly: str, phase: str, number: int) -> Rows:
    """So many in a random order, for one purpose."""
    return stream(seed, purpose, assembly, phase).permutation(number)


def shown(seed: int, purpose: str, assembly: str, phase: str, member: str, number: int) -> Rows:
    """The order in which so many options are shown to one member, for one purpose."""
    return stream(seed, purpose, assembly, phase, member).permutation(number)


def speaking(round_: int, turn: int, table: str) -> str:
    """The purpose of the speaking order of one turn at one table."""
    return f"speaking-order-{round_}-{turn}-{table}"


def table_name(number: int) -> str:
    """The name of a table, counted from 0."""
    return f"table-{number + 1}"
