"""Who sits where and who speaks when: draws that the engine and the batched simulator share. Knows rows, not people."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from deliberation.randomness import stream

Rows = NDArray[np.int64]

POLL_ORDER, BALLOT_ORDER = "poll-order", "ballot-slate"
"""Purposes of the orders in which positions and clauses are shown."""

_TRIED = 20


def mixed(draw: Generator, tables: int, met: NDArray[np.bool_]) -> list[Rows]:
    """Of some random seatings, the first in which most pairs meet for the first time.

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
    best = orders[int(again.argmin())]
    return [best[start::tables] for start in range(tables)]


def together(seats: list[Rows], number: int) -> NDArray[np.bool_]:
    """Which of so many members sit together, n x n, nobody with itself."""
    table_of = np.empty(number, dtype=np.int64)
    for table, rows in enumerate(seats):
        table_of[rows] = table
    same: NDArray[np.bool_] = table_of[:, None] == table_of[None, :]
    np.fill_diagonal(same, val=False)
    return same


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
