"""Facts about deliberation that the synthetic public was not fitted to, and what it does.

    python benchmarks/facts.py [model]

Made-up worlds, free talk of six turns a member unless said otherwise. What is known is printed beside what is found;
where the literature gives a direction only, that is what to look for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.models.synthetic import worlds
from deliberation.models.synthetic.maps import Array, Places
from deliberation.models.synthetic.minds import Minds, People
from deliberation.randomness import stream
from deliberation.settings import Settings
from deliberation.settings.models import SyntheticKernel

_WORLDS = 200


def people_of(kernel: SyntheticKernel, number: int, name: str, *, size: int = _WORLDS) -> tuple[worlds.World, People]:
    """Worlds with so many people each, and the people."""
    world = worlds.questions(kernel, size, stream(3, "facts", name, "questions"))
    return world, worlds.people(kernel, world, number, stream(3, "facts", name, "people"))


def talked(
    kernel: SyntheticKernel, world: worlds.World, people: People, name: str, turns: int = 6
) -> tuple[Minds, Minds]:
    """The same people before and after talk."""
    before, after = (Minds(world.maps, people, kernel) for _ in range(2))
    worlds.discuss(after, stream(3, "facts", name, "talk"), turns=turns)
    return before, after


def majority(kernel: SyntheticKernel) -> Iterator[tuple[str, str, str]]:
    """Juries of twelve: which side has the majority beforehand, and which afterwards."""
    before, after = talked(kernel, *people_of(kernel, 12, "jury", size=600), "jury")
    first, last = ((m.lean() > 0).sum(axis=1) for m in (before, after))
    clear = (first != 6) & (last != 6)
    kept = ((first > 6) == (last > 6))[clear].mean()
    strong = clear & ((first >= 8) | (first <= 4))
    kept_strong = ((first > 6) == (last > 6))[strong].mean()
    yield "initial majority wins", f"{kept:.1%}", "about 90% (Kalven and Zeisel 1966, second-hand)"
    yield "... where it had eight or more", f"{kept_strong:.1%}", "more"


def polarisation(kernel: SyntheticKernel) -> Iterator[tuple[str, str, str]]:
    """Groups of ten out of sixty: like-minded, random and split; how far they move outward, in SD of lean."""
    world, many = people_of(kernel, 60, "polarisation")
    lean = _raw_lean(Minds(world.maps, many, kernel))
    spread = lean.std(axis=1, keepdims=True)
    order = np.argsort(lean, axis=1)
    shuffled = stream(3, "facts", "random groups").permuted(order, axis=1)
    seats = {
        "like-minded": order[:, -10:],
        "random": shuffled[:, :10],
        "split": np.concatenate([order[:, :5], order[:, -5:]], axis=1),
    }
    for name, rows in seats.items():
        chosen = People._make(_rows(part, rows) for part in many)
        before, after = talked(kernel, world, chosen, name)
        first, last = _raw_lean(before).mean(axis=1), _raw_lean(after).mean(axis=1)
        outward = (np.sign(first) * (last - first) / spread[:, 0]).mean()
        yield f"shift outward, {name}", f"{outward:+.2f} SD", "like-minded > random > split (law of group polarisation)"


def shared_information(kernel: SyntheticKernel) -> Iterator[tuple[str, str, str]]:
    """How often an argument is voiced, by how many knew it."""
    world, people = people_of(kernel, 12, "shared")
    minds = Minds(world.maps, people, kernel)
    knew = minds.aware.mean(axis=1)
    said = worlds.discuss(minds, stream(3, "facts", "shared", "talk"), turns=2)
    voiced = np.zeros_like(knew)
    for _, point, _ in said:
        voiced[np.arange(len(point)), point] = 1.0
    for low, high in ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.01)):
        among = (knew >= low) & (knew < high)
        known = f"known to {low:.0%}-{min(high, 1):.0%}, voiced in"
        yield known, f"{voiced[among].mean():.0%}", "the more know it, the more it is said (Stasser and Titus 1985)"


def floor(kernel: SyntheticKernel) -> Iterator[tuple[str, str, str]]:
    """How unequal turns are, with and without facilitation: Gini of turns."""
    for name, value in (("without", 0.0), ("with", 1.0)):
        changed = kernel.model_copy(update={"facilitation": value})
        world, people = people_of(changed, 12, "floor")
        _, after = talked(changed, world, people, "floor")
        yield f"Gini of turns, {name} facilitation", f"{_gini(after.spoken):.2f}", "less with (direction)"


def witness(kernel: SyntheticKernel) -> Iterator[tuple[str, str, str]]:
    """What one-sided, false and no testimony do."""
    world, people = people_of(kernel, 12, "witness")
    shifts = []
    for bias in (-1.0, -0.5, 0.0, 0.5, 1.0):
        minds = Minds(world.maps, people, kernel)
        before = minds.lean().mean()
        worlds.brief(minds, stream(3, "facts", "witness", "brief"), bias=bias)
        shifts.append(minds.lean().mean() - before)
    yield "lean by one-sided witness, -1 to 1", " ".join(f"{s:+.2f}" for s in shifts), "monotone"
    known = []
    for truthful in (1.0, -1.0):
        minds = Minds(world.maps, people, kernel)
        worlds.brief(minds, stream(3, "facts", "witness", "brief"), truthful=truthful)
        asked = (world.maps.truth != 0).sum(axis=1)
        found = worlds.measure(minds, stream(3, "facts", "witness", "quiz")).known.sum(axis=2)
        known.append((found / asked[:, None]).mean())
    yield "knowledge after an honest, a false witness", f"{known[0]:.3f}, {known[1]:.3f}", "less after a false one"


def returns(kernel: SyntheticKernel) -> Iterator[tuple[str, str, str]]:
    """How far attitudes move with more turns."""
    world, people = people_of(kernel, 12, "returns", size=100)
    moved = []
    for turns in (0, 1, 2, 4, 8, 16):
        before, after = talked(kernel, world, people, "returns", turns)
        moved.append(np.abs(after.attitude() - before.attitude()).mean())
    yield "attitude moved by 0 1 2 4 8 16 turns", " ".join(f"{m:.2f}" for m in moved), "less with each more (direction)"


def _raw_lean(minds: Minds) -> Array:
    axis = minds.maps.axis[:, None]
    lean: Array = (minds.attitude() * axis).sum(axis=-1) / np.abs(axis).sum(axis=-1)
    return lean


def _rows(part: NDArray[Any], rows: Places) -> NDArray[Any]:
    shaped = rows.reshape(*rows.shape, *([1] * (part.ndim - 2)))
    found: NDArray[Any] = np.take_along_axis(part, np.broadcast_to(shaped, (*rows.shape, *part.shape[2:])), axis=1)
    return found


def _gini(turns: Array) -> float:
    gaps = np.abs(turns[:, :, None] - turns[:, None, :]).mean(axis=(1, 2))
    return float((gaps / (2.0 * turns.mean(axis=1))).mean())


def main() -> None:
    """Print the table."""
    kernel = Settings.bundled(model=sys.argv[1] if len(sys.argv) > 1 else "synthetic").synthetic.kernel
    for facts in (majority, polarisation, shared_information, floor, witness, returns):
        for name, found, known in facts(kernel):
            print(f"{name:>42}  {found:<36} {known}")


if __name__ == "__main__":
    main()
