"""What every rule and gate makes of one public: which way it rules, how often it flips and how often it errs.

Simulated studies of the study's own size vote on stock clauses of every norm, and the real `decide` rules on them; what
a rule would say if it had seen very many assemblies is its answer, against which its adoptions are held. Spends
nothing and writes nothing. The public is a model, and everybody in it votes: turnout is whole, so that a quorum shows
only what it costs where nobody stays away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deliberation.assembly.simulate import Sitting, chunk_of, simulate
from deliberation.errors import ConfigError
from deliberation.models.synthetic.maps import Array
from deliberation.randomness import key, stream
from deliberation.records.base import Record, Share
from deliberation.records.people import Panel
from deliberation.records.specification import NORM_WORDS, Meaning, Status
from deliberation.settings import Aggregation, Settings
from deliberation.settings.study import MOST_EXACT
from deliberation.specification.counting import Counted, Grouping, grouping_of
from deliberation.specification.deciding import decide, thresholds_of
from deliberation.specification.scoring import BARS, scored
from deliberation.specification.votes import ABSTAIN, OPPOSE, SUPPORT, Marks, Votes, least_support
from deliberation.study.truth import fresh_panels, study_of

_MANY = 400
"""Assemblies that a rule's answer is read from: of 12 members a share is then known to within .01."""
_LEAST = 2


class Operating(Record):
    """One rule or gate. Shares are of the rulings of all studies, but for `flips` and `false`.

    `kind`: a gate is the rule of shares with nothing else switched on. `flips`: share of clauses whose status differs
    between two independent studies. `deserving`: clauses that should be adopted by the rule's own answer. `false`: how
    often those that should not are adopted; null where there are none. `worst`: of the clause for which that is most.
    """

    kind: str
    name: str
    adopted: Share
    rejected: Share
    contested: Share
    no_ruling: Share
    flips: Share
    deserving: int
    false: Share | None
    worst: Share | None


class Sample(NamedTuple):
    """How panels of one public vote on clauses.

    `marks`, `ratings`, `places`: P x n x C, ratings 1 to 7, places 0 first to 1 last. `share`: the chance of support,
    in the same shape. `weights`: P x n. `who`: whose attributes and groups; P panels.
    """

    clauses: tuple[str, ...]
    forbids: tuple[bool, ...]
    marks: Marks
    ratings: Marks
    places: Array
    share: Array
    weights: Array
    who: Sequence[Panel]

    def will(self) -> Array:
        """W1 of each clause, C: the mean over panels of the expected share of support of those who decide."""
        decided = (self.marks != ABSTAIN) * self.weights[..., None]
        total = decided.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Array = np.nanmean((self.share * decided).sum(axis=1) / total, axis=0)
        return found

    def counted(self, panels: NDArray[np.int64], attributes: Sequence[str] = ()) -> Counted:
        """The votes of these panels as the ballots of one study.

        Args:
            panels: their places.
            attributes: whose groups are declared, that of the ballots first; none by default.
        """
        number, size = self.marks.shape[1:]
        rows = [self.who[p] for p in panels]
        names = tuple(f"a-{n}" for n in range(len(panels)))
        voters = tuple((name, one.id) for name, panel in zip(names, rows, strict=True) for one in panel.members)
        found = {a: grouping_of([m.attributes.get(a, "") for p in rows for m in p.members]) for a in attributes}
        own = next(iter(found.values()), Grouping(np.full(len(voters), -1), ()))
        marks, ratings = (part[panels].reshape(-1, size) for part in (self.marks, self.ratings))
        at = np.repeat(np.arange(len(panels)), number)
        votes = Votes(marks, self.weights[panels].reshape(-1), own.labels, own.names, at, ratings)
        return Counted(self.clauses, voters, names, votes, self.places[panels].reshape(-1, size), found)


def stock_clauses(settings: Settings) -> dict[str, Meaning]:
    """One clause of each norm for each position: drafters propose what is popular, and these are also unpopular."""
    return {
        f"c-{p.id}-{norm}": Meaning(option=p.id, modality=norm)
        for p in settings.question.positions
        for norm in NORM_WORDS
    }


def sampled(settings: Settings, clauses: Mapping[str, Meaning], panels: Sequence[Panel]) -> Sample:
    """Let panels walk the procedure and vote; where others are to vote, who have heard nothing, so do these.

    Raises:
        ConfigError: somebody other than the synthetic public answers.
    """
    study, put = study_of(settings, seed=key(0, "operating")), list(clauses.items())
    sittings: Iterator[Sitting] = simulate(study, panels)
    if settings.procedure.evaluators == "fresh":
        size = chunk_of(study)
        sittings = (Sitting(study, panels[start : start + size]) for start in range(0, len(panels), size))
    cast = [sitting.ballots(put, phase="operating") for sitting in sittings]
    share = np.concatenate([one.share for one in cast])
    supports = np.concatenate([one.supports for one in cast])
    silent = np.concatenate([one.abstains for one in cast]) > 0
    # every voter's slate is in an order of its own, drawn by lot
    lots = stream(0, "operating", "places").random(share.shape).argsort(axis=-1).argsort(axis=-1)
    return Sample(
        clauses=tuple(clauses),
        forbids=tuple(meaning.modality in {"must_not", "should_not"} for meaning in clauses.values()),
        marks=np.where(silent, ABSTAIN, np.where(supports > 0, SUPPORT, OPPOSE)).astype(np.int8),
        ratings=np.rint(1.0 + 6.0 * share).astype(np.int8),
        places=lots / max(1, share.shape[-1] - 1),
        share=share,
        weights=np.array([[p.weights.get(m.id, 1.0) for m in p.members] for p in panels]),
        who=panels,
    )


def studies_of(panels: int, assemblies: int) -> NDArray[np.int64]:
    """Panels' places dealt to studies of so many assemblies, studies x assemblies, in an order drawn by lot.

    Fresh panels' make-ups repeat in runs of eight; panels of one study have to be independent.
    """
    order = stream(0, "operating", "deal").permutation(panels)
    return order[: panels // assemblies * assemblies].reshape(-1, assemblies)


def operating_of(settings: Settings, *, studies: int) -> tuple[Operating, ...]:
    """How every rule and gate does.

    Args:
        settings: question, procedure, population and model; the size of the studies and the thresholds too.
        studies: how many are simulated.

    Raises:
        ConfigError: fewer than two studies, which cannot differ, or no synthetic public answers.
    """
    if studies < _LEAST:
        raise ConfigError(f"--studies {studies}: at least {_LEAST}")
    clauses = stock_clauses(settings)
    drawn = list(fresh_panels(settings, studies * settings.assemblies, name="operating"))
    seen = sampled(settings, clauses, drawn)
    many = sampled(settings, clauses, list(fresh_panels(settings, _MANY, name="operating-answer")))
    dealt = studies_of(len(drawn), settings.assemblies)
    return tuple(_row(kind, name, rules, seen, many, dealt) for kind, name, rules in rules_and_gates(settings))


def rules_and_gates(settings: Settings) -> Iterator[tuple[str, str, Aggregation]]:
    """Every rule by itself, then every gate switched on alone: kind, name and settings.

    Bars and doses are those of the shipped files; threshold, confidence, resamples and groups are the study's own.
    """
    own, gated = settings.rules, Settings.bundled(aggregation="gated").aggregation
    plain: dict[str, Any] = {
        "rule": "share", "bar": None, "multiplicity": "posterior", "floor": None, "floor_by": (), "veto": None,
        "prohibition": None, "quorum": 0.0, "blocking": (),
    }  # fmt: skip

    def with_(**changes: Any) -> Aggregation:
        return Aggregation.model_validate({**own.model_dump(), **plain, **changes})

    counts: dict[str, Any] = {"denominator": "decided", "bootstrap": own.bootstrap or 200}
    yield "rule", f"share {own.threshold:.2f}", with_(bootstrap=0)
    yield "rule", "majority", with_(threshold=0.5, rejection=min(0.5, own.rejection), bootstrap=0)
    yield "rule", f"consensus less {own.less}", with_(rule="consensus", denominator="decided", bootstrap=0)
    at = Settings.bundled(aggregation="group_aware").aggregation.threshold
    for form in ("product", "geometric", "minimum"):
        aware = {"form": form, "threshold": at, "rejection": min(at, own.rejection)}
        yield "rule", f"group aware {form}", with_(rule="group_aware", **aware, **counts)
    for rule in ("bridging", "median"):
        yield "rule", rule, with_(rule=rule, bar=own.bar if own.rule == rule else BARS[rule], **counts)
    cells = settings.assemblies * settings.members * settings.aggregation.max_clauses
    exact = ("pav",) if cells <= MOST_EXACT else ()
    for committee in (*exact, "sequential_pav", "equal_shares", "sequential_phragmen"):
        yield "rule", f"slate {committee}", with_(rule="slate", committee=committee, **counts)
    floor = {"floor": gated.floor, "floor_by": [a for a in gated.floor_by if a in settings.panel.attributes()]}
    named = ("multiplicity", "prohibition", "veto", "blocking")
    every = {**floor, "quorum": own.quorum, **{name: getattr(gated, name) for name in named}}
    yield "gate", f"floor {gated.floor:g}", with_(bootstrap=0, **floor)
    yield "gate", f"veto {gated.veto:g}", with_(bootstrap=0, veto=gated.veto)
    yield "gate", f"stable {own.stable:g}", with_(bootstrap=counts["bootstrap"], blocking=("unstable",))
    yield "gate", "benjamini hochberg", with_(bootstrap=0, multiplicity="benjamini_hochberg")
    yield "gate", f"prohibition {gated.prohibition:g}", with_(bootstrap=0, prohibition=gated.prohibition)
    yield "gate", f"quorum {own.quorum:g}", with_(bootstrap=0, quorum=own.quorum)
    yield "gate", "all of them", with_(bootstrap=counts["bootstrap"], **every)


def _row(
    kind: str, name: str, rules: Aggregation, seen: Sample, many: Sample, dealt: NDArray[np.int64]
) -> Operating:  # fmt: skip
    studies = [seen.counted(panels, _groups_that_matter(rules)) for panels in dealt]
    told = [decide(found, rules, forbids=seen.forbids, seed=n) for n, found in enumerate(studies)]
    status = np.array([[one.status for one in study] for study in told])
    deserves = answer_of(many, rules)
    wrongly = (status == "adopted").mean(axis=0)[~deserves]
    words: tuple[Status, ...] = ("adopted", "rejected", "contested", "no_ruling")
    return Operating.model_validate(
        {
            "kind": kind,
            "name": name,
            **{word: round(float((status == word).mean()), 4) for word in words},
            "flips": round(float((status[1:] != status[:-1]).mean()), 4),
            "deserving": int(deserves.sum()),
            "false": round(float(wrongly.mean()), 4) if len(wrongly) else None,
            "worst": round(float(wrongly.max()), 4) if len(wrongly) else None,
        }
    )


def answer_of(many: Sample, rules: Aggregation) -> NDArray[np.bool_]:
    """Which clauses should be adopted, C: by what the rule makes of very many assemblies, floor and veto included.

    By shares it goes by W1, which has no chance of single votes in it. The exact slate of proportional approval voting
    cannot be found for so many voters; the sequential one stands in for it.
    """
    found = many.counted(np.arange(len(many.who)), _groups_that_matter(rules))
    bars, _ = thresholds_of(rules, many.forbids)
    if rules.rule == "share" and rules.denominator == "decided":
        deserves = many.will() >= bars
    else:
        quick = rules.model_copy(update={"committee": "sequential_pav"}) if rules.committee == "pav" else rules
        deserves = scored(found.votes, quick, bars).reached
    for grouping in found.groupings.values():
        votes = found.votes._replace(groups=grouping.labels, group_names=grouping.names)
        least = np.nan_to_num(least_support(votes), nan=np.inf)
        if rules.floor is not None:
            deserves = deserves & (least >= rules.floor - 1e-12)
        if rules.veto is not None:
            deserves = deserves & (1.0 - least < rules.veto - 1e-12)
    return np.asarray(deserves)


def _groups_that_matter(rules: Aggregation) -> tuple[str, ...]:
    """Attributes on whose groups a status hangs: telling where groups only differ takes as long as ruling does."""
    gated = rules.floor is not None or rules.veto is not None or "split_by_group" in rules.blocking
    return rules.attributes if gated or rules.rule == "group_aware" else ()
