"""What an export changes, as a page for whoever reviews it: the difference in meaning, who dissents, and the limits.

A page of words: it decides nothing, and whatever a model wrote on it is escaped. It is made from the states before and
after and from the runs alone, so the same input gives the same page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from deliberation.export.bundle import Provenance
from deliberation.export.conflicts import conflicts
from deliberation.export.grammar import told
from deliberation.export.reading import Repository
from deliberation.export.state import Change, SpecClause
from deliberation.records.specification import Coalition, Contest, Ruling

_KINDS: Mapping[str, str] = {
    "added": "added", "amended": "amended", "superseded": "superseded", "withdrawn": "withdrawn",
    "contested": "contested, binds nobody",
}  # fmt: skip
_COMPARED: Mapping[str, str] = {
    "authority": "authority", "norm": "norm", "text": "wording", "applies_when": "scope", "exceptions": "exceptions",
    "rationale": "rationale", "supersedes": "what it supersedes", "interval": "interval", "turnout": "turnout",
    "stability": "stability", "dissent": "dissent", "sources": "sources", "reason": "why",
}  # fmt: skip


class Step(NamedTuple):
    """An export: what the repository held before and holds after, the change, and the runs in their order."""

    before: Repository
    after: Repository
    change: Change
    runs: Sequence[Provenance]


def described(step: Step) -> str:
    """The page, in Markdown."""
    names = ", ".join(dict.fromkeys(f"`{run.run}`" for run in step.runs))
    parts = [f"# What {names} changes in the specification", _warning(step.runs), _table(step)]
    for title, lines in (
        ("Clauses in full", _in_full(step)),
        ("Conflicts between clauses that stand", _conflicts(step)),
        ("Minority reports", [_minority(one) for run in step.runs for one in run.minorities]),
        ("Contests", [_contest(one) for run in step.runs for one in run.contests]),
    ):
        found = [*lines]
        parts.append(f"## {title}\n\n" + ("\n".join(found) if found else "None."))
    parts += [f"## Method and limits\n\n{_method(step.runs)}", f"## To make it again\n\n{_again(step.runs)}"]
    return "\n\n".join(parts) + "\n"


def _warning(runs: Sequence[Provenance]) -> str:
    if all(run.simulated for run in runs):
        return "> **Simulated; not public opinion.** Nobody was asked. What follows was said and voted by models."
    if any(run.simulated for run in runs):
        return "> **Partly simulated.** Some of these runs hold what people said and voted, others what models did."
    return "> These runs hold what people said or voted, imported. Nobody drew them as a sample of any public."


def _table(step: Step) -> str:
    rows = [
        _row(step, id_, words)
        for kind, words in _KINDS.items()
        for id_ in getattr(step.change, kind)
    ]  # fmt: skip
    changed = {id_ for ids in step.change.model_dump().values() for id_ in ids}
    rest = len(step.after.clauses.keys() - changed)
    kept = f"{rest} other clause{' is' if rest == 1 else 's are'} as before."
    if not rows:
        return f"No clause changes. {kept}"
    head = "| clause | change | support (interval) | assemblies | dissent |\n|---|---|---|---|---|"
    return "\n".join([head, *rows, "", kept])


def _row(step: Step, id_: str, words: str) -> str:
    before, after = step.before.clauses.get(id_), step.after.clauses[id_]
    ruling, assemblies = _ruling_on(step, id_), "-"
    if ruling is not None and ruling.assemblies:
        assemblies = str(ruling.assemblies)
    change = f"{words}{_how(before, after)}"
    support = _support(ruling) if ruling is not None else _figures(after)
    against = "; ".join(f"{told(d.reason)} ({d.share:.0%})" for d in ruling.dissent[:2]) if ruling is not None else ""
    return f"| `{id_}` {told(after.text)} | {change} | {support} | {assemblies} | {against or 'none'} |"


def _how(before: SpecClause | None, after: SpecClause) -> str:
    """What more is to be said of a change: what is other than before, by what it is replaced, why it falls."""
    if after.standing == "superseded":
        return f" by `{after.superseded_by}`"
    if after.standing == "withdrawn":
        return f": {told(after.reason)}"
    if before is None:
        return ""
    if before.standing != after.standing:
        return f", {before.standing} before"
    support = f"support {_share(before.support)} to {_share(after.support)}" if before.support != after.support else ""
    other = [word for name, word in _COMPARED.items() if getattr(before, name) != getattr(after, name)]
    names = " and ".join(filter(None, [support, ", ".join(other)]))
    return f": {names}" if names else ""


def _ruling_on(step: Step, id_: str) -> Ruling | None:
    """The last ruling on a clause that these runs bring."""
    found = (ruling for run in reversed(step.runs) for ruling in run.rulings if ruling.clause == id_)
    return next(found, None)


def _support(ruling: Ruling) -> str:
    if ruling.support is None or ruling.interval is None:
        return "no figure"
    low, high = ruling.interval
    return f"{ruling.support:.0%} ({low:.0%} to {high:.0%})"


def _figures(clause: SpecClause) -> str:
    if clause.support is None or clause.interval is None:
        return "no figure"
    return f"{clause.support:.0%} ({clause.interval[0]:.0%} to {clause.interval[1]:.0%}), as ruled before"


def _share(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.0%}"


def _in_full(step: Step) -> Iterator[str]:
    """Every clause that is new or other than before: why, on what terms, and who was against it, in their words."""
    for id_ in (*step.change.added, *step.change.amended, *step.change.contested):
        clause, ruling = step.after.clauses[id_], _ruling_on(step, id_)
        yield f"- `{id_}` ({clause.authority}, {clause.standing}): {told(clause.text)}"
        yield f"  - Why: {told(clause.rationale)}"
        yield f"  - Ruling `{clause.ruling}` of `{clause.run}`: {told(clause.reason)}"
        for dissent in ruling.dissent if ruling is not None else ():
            yield f"  - Against, {dissent.share:.0%}: {told(dissent.reason)}"
            yield from (f'    - "{told(quote.text)}" (`{told(quote.event)}`)' for quote in dissent.quotes)


def _conflicts(step: Step) -> Iterator[str]:
    before = {pair[:2] for pair in conflicts(step.before.clauses.values(), list(step.before.runs.values()))}
    for first, second, why in conflicts(step.after.clauses.values(), list(step.after.runs.values())):
        standing = ", ".join(f"`{i}` stood already" for i in (first, second) if _stood(step.before, i))
        since = "as before" if (first, second) in before else standing or "both are new"
        yield f"- `{first}` and `{second}` ({since}): {told(why)}"


def _stood(repo: Repository, id_: str) -> bool:
    return id_ in repo.clauses and repo.clauses[id_].standing == "active"


def _minority(one: Coalition) -> str:
    head = (
        f"- {one.share:.0%} of the voters, {len(one.members)} members, all approve `{one.clause}`, which was not "
        f"adopted; by {one.rule.replace('_', ' ')} they could claim {one.deserves} of the adopted clauses, and each of "
        "them approves fewer."
    )
    return "\n".join([head, *(f'  - "{told(quote.text)}" (`{told(quote.event)}`)' for quote in one.reasons)])


def _contest(one: Contest) -> str:
    what = "Wordings of one clause" if one.kind == "wording" else "Clauses that contradict"
    ids = ", ".join(f"`{id_}`" for id_ in one.order or one.options)
    if one.share is None or one.interval is None:
        outcome = "nobody's preference is known"
    else:
        low, high = one.interval
        outcome = f"the first preferred to the second by {one.share:.0%} ({low:.0%} to {high:.0%})"
    stands = f"`{one.stands}` stands" if one.stands is not None else "none is surely wanted"
    return f"- {what}, in the order of preference: {ids}; {outcome}; {stands}. ({told(one.why)})"


def _method(runs: Sequence[Provenance]) -> str:
    lines = []
    for run in runs:
        seats = sum(len(panel.members) for panel in run.panels)
        by = ", ".join(sorted({told(ruling.rule) for ruling in run.rulings})) or "no rule"
        answered = ", ".join(told(f"{place}: {model}") for place, model in sorted(run.models.items()))
        lines += [
            f"- `{run.run}`: {told(run.question.title)}. {len(run.panels)} assemblies, {seats} seats, ruled by {by}.",
            f"  Answered by {answered or 'nobody known'}. Replies never readable: {sum(run.failures.values())}.",
            *_validity(run),
        ]
    who = "of simulated people" if any(run.simulated for run in runs) else "of those who took part"
    return "\n".join(
        [
            *lines,
            f"- Shares are {who}; the interval is a central credible one, the assembly being the unit. Members of one",
            "  assembly heard each other, so they are not so many independent voices.",
            "- A model's idea of a person is not that person. Agreement here tells of a process and is no mandate.",
        ]
    )


def _validity(run: Provenance) -> Iterable[str]:
    known = [f"{told(name)} {value:.3g}" for name, value in sorted(run.diagnostics.items()) if value is not None]
    return [f"  Diagnostics: {', '.join(known)}."] if known else []


def _again(runs: Sequence[Provenance]) -> str:
    lines = []
    for run in runs:
        lines += [
            f"- `{run.run}`: study {told(run.study)}, question `{run.question.id}`, seed {run.seed},",
            f"  configuration SHA-256 `{run.config_sha256}`,",
            f"  manifest SHA-256 `{run.manifest_sha256}`.",
        ]
    return "\n".join(
        [
            *lines,
            "",
            "From the run's configuration (`.hydra/config.yaml` in its folder), then into a fresh repository:",
            "",
            "    deliberate run --config-dir RUN/.hydra --config-name config hydra.run.dir=AGAIN",
            "    deliberate export AGAIN --to REPO",
            "    deliberate verify REPO",
        ]
    )
