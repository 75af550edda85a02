"""Named randomness: every draw comes from a stream that is named by what it is for.

There is no global generator and no order of calls to preserve: adding a draw moves no other. Nothing here is
cryptographic.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator


def key(seed: int, *name: str | int) -> int:
    """A 128-bit integer that depends on the seed and on every part of the name, in order.

    >>> key(7, "speaking-order", 2) == key(7, "speaking-order", 2)
    True
    >>> key(7, "a", "bc") == key(7, "ab", "c")
    False
    """
    parts = "\x1f".join((str(seed), *map(str, name)))
    return int.from_bytes(hashlib.blake2b(parts.encode(), digest_size=16).digest(), "little")


def stream(seed: int, *name: str | int) -> Generator:
    """A fresh numpy generator for one named purpose.

    >>> order = stream(7, "speaking-order", 2).permutation(4)
    >>> sorted(order.tolist())
    [0, 1, 2, 3]
    """
    from numpy.random import Generator, Philox

    return Generator(Philox(key=key(seed, *name)))
