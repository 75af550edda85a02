"""How ballots become rulings, and how drafts become clauses, as settings. Counts nothing."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from deliberation.records.base import Record, Share, Slug
from deliberation.records.specification import Authority, Code
from deliberation.settings.models import One

Rule = Literal["share", "consensus", "group_aware", "bridging", "median", "slate"]
"""By what a clause is adopted.

`share`: of supporters. `consensus`: the share of assemblies in which at most `less` members oppose. `group_aware`:
support in all opinion groups at once (Polis). `bridging`: support that sides do not explain (Community Notes).
`median`: the median rating. `slate`: a place among as many clauses as `slate` says, chosen so that every large enough
group of voters has its own.
"""
Form = Literal["product", "geometric", "minimum"]
Committee = Literal["pav", "sequential_pav", "equal_shares", "sequential_phragmen"]
Denominator = Literal["decided", "voted", "seated"]


class Aggregation(Record):
    """How ballots become rulings.

    A clause is adopted if P(score >= threshold) >= confidence, rejected if P(score < rejection) >= confidence, else
    contested; below the gates there is no ruling. By `share` and `consensus` that probability is a posterior; by the
    other rules the share of resamples of the assemblies. `bar`: the score wanted by `bridging` (on the scale of X, on
    which .4 is helpful) and `median` (a rating, 1 to 7), which know no threshold. `multiplicity`: how it is owned to
    that many clauses are judged at once. By `posterior` each must be sure by itself, so that the share of those adopted
    that are expected not to deserve it, mean(1 - P), is at most 1 - confidence (Newton et al. 2004); by
    `benjamini_hochberg` 1 - P is taken for a p-value, which is stricter and does not rest on the prior.

    Gates: `quorum` of readable votes, `min_assemblies`, the least support `floor` that a clause needs in every declared
    group (of `group_by`, and of the attributes in `floor_by`), the greatest opposition short of which no group has a
    `veto`, the least stability `stable`; `prohibition`: the threshold for what must or should not be done, where it is
    another. A clause that would be adopted and falls short of floor or veto is `incoherent`. Other reasons are said
    beside a ruling and change nothing, but for those named in `blocking`, which make an adopted clause contested.
    `authority` is the highest that a clause may claim.
    """

    id: Slug
    rule: Rule = "share"
    denominator: Denominator = "decided"
    threshold: float = Field(gt=0, lt=1)
    rejection: float = Field(gt=0, lt=1)
    bar: float | None = None
    less: int = Field(default=1, ge=0)
    form: Form = "geometric"
    committee: Committee = "equal_shares"
    slate: int | None = Field(default=None, ge=1)
    confidence: float = Field(gt=0.5, lt=1)
    multiplicity: Literal["posterior", "benjamini_hochberg"] = "posterior"
    quorum: Share
    min_assemblies: int = Field(ge=1)
    max_clauses: int = Field(ge=1, le=100_000)
    group_by: str
    bootstrap: int = Field(ge=0, le=10_000)
    authority: Authority = "guideline"
    prohibition: float | None = Field(default=None, gt=0, lt=1)
    floor: Share | None = None
    floor_by: tuple[str, ...] = ()
    veto: Share | None = None
    stable: Share = 0.9
    blocking: tuple[Code, ...] = ("conflict",)
    incoherent: Literal["contested", "no_ruling"] = "contested"

    @model_validator(mode="after")
    def _in_order(self) -> Aggregation:
        if self.rejection > self.threshold:
            raise ValueError(f"rejection {self.rejection} lies above threshold {self.threshold}")
        return self

    @model_validator(mode="after")
    def _can_be_counted(self) -> Aggregation:
        scale = {"bridging": (-1.0, 1.0), "median": (1.0, 7.0)}.get(self.rule)
        if scale is None:
            if self.bar is not None:
                raise ValueError(f"bar={self.bar:g}: rule={self.rule} goes by threshold, or by no bar at all")
        elif self.bar is None or not scale[0] <= self.bar <= scale[1]:
            raise ValueError(f"bar={self.bar}: rule={self.rule} needs one from {scale[0]:g} to {scale[1]:g}")
        if self.rule not in {"share", "consensus"} and self.bootstrap == 0:
            raise ValueError(f"bootstrap=0: rule={self.rule} knows how sure it is from resamples alone")
        if self.denominator != "decided" and self.rule != "share":
            raise ValueError(f"denominator={self.denominator}: rule={self.rule} divides by nothing")
        return self

    @property
    def attributes(self) -> tuple[str, ...]:
        """Attributes whose groups are declared: that of `group_by` first, each once."""
        return tuple(dict.fromkeys((self.group_by, *self.floor_by)))


class Distillation(Record):
    """How drafts become clauses.

    `source`: clauses as they were drafted in the assemblies, or found by the clerk afterwards, `found` an assembly, in
    what was said there; or both. `judged`: whether the clerk is asked; otherwise only drafts of the same content words
    are one, nothing is split and no conflict is found. Likeness of words proposes what is judged: each clause beside at
    most `neighbours` others that are at least so `alike`; and the `widest` proposed each beside each other.
    `unsupported`: what becomes of a clause that its sources do not bear out: it is kept and said to be so, or dropped.
    `wordings`: how many wordings of one clause are put to the panels at most; `conflicts`: how many pairs that
    contradict one another. `clerk`: who judges; by default the study's own clerk.
    """

    id: Slug
    source: Literal["drafted", "afterwards", "both"] = "drafted"
    found: int = Field(default=3, ge=1, le=20)
    judged: bool = True
    neighbours: int = Field(default=6, ge=1, le=50)
    widest: int = Field(default=16, ge=0, le=100)
    alike: Share = 0.2
    unsupported: Literal["kept", "dropped"] = "kept"
    wordings: int = Field(default=4, ge=2, le=20)
    conflicts: int = Field(default=6, ge=0, le=100)
    clerk: One | None = None
