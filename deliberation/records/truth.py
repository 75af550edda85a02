"""The planted will of a synthetic public: what its rulings are judged against. No stage of a study reads it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deliberation.records.base import Record, Share


class Will(Record):
    """Three levels of one public's approval.

    `raw` (W0): before anything is heard. `considered` (W1): after this procedure, in expectation over fresh panels.
    `full` (W2): everyone aware of everything, premises at their truth, without motivated distortion or heuristics.
    """

    raw: Share
    considered: Share
    full: Share


class Truth(Record):
    """The will on one position or clause, of all and by group.

    Of a position, approval is the mean rating, 0 to 1, without noise; of a clause, support / (support + oppose).
    `error`: Monte Carlo standard error of `considered` over `panels` fresh panels. `will` is null, and counted as
    missing, where the drafters of a clause disagree on what it means or nobody would decide.
    """

    of: Literal["position", "clause"]
    id: str
    will: Will | None
    groups: dict[str, Will]
    error: float | None = Field(ge=0)
    panels: int = Field(ge=1)
