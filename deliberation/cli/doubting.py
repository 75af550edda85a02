"""What the closing page says beside the rulings: who dissents, what would flip them, what they rest on.

Markup is off, as on the whole page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.text import Text

from deliberation.analysis.summary import Summary, Verdict, flips
from deliberation.settings import Settings

_NAMED = 5


def order(verdict: Verdict) -> tuple[int, float]:
    """Adopted clauses first, then by support."""
    rank = ("adopted", "contested", "rejected", "no_ruling").index(verdict.ruling.status)
    return rank, -(verdict.ruling.support or 0.0)


def notes(summary: Summary, settings: Settings) -> Text:
    """All that is said beside the rulings."""
    verdicts = sorted(summary.verdicts, key=order)
    if not verdicts:
        return Text("No clause was put to the vote.\n", "yellow")
    text = Text()
    if not any(v.ruling.status == "adopted" for v in verdicts):
        text.append("\nNo clause reached the bar with enough certainty; nothing was adopted.\n", "yellow")
    for title, lines in (
        ("Dissent", _dissent(verdicts)),
        ("Minority", _minorities(summary)),
        ("Conflict", _contests(summary)),
        ("Doubts", _doubts(verdicts)),
        ("Gates", _gates(settings)),
        ("Rules", _rules(summary, verdicts, settings)),
        ("Sources", _sources(summary)),
        ("Cases", _cases(summary)),
    ):
        for line in lines:
            text.append(f"\n{title:<9}", "bold").append(line)
    return text.append("\n")


def _dissent(verdicts: Iterable[Verdict]) -> Iterable[str]:
    adopted = [v for v in verdicts if v.ruling.status == "adopted" and v.ruling.dissent]
    for verdict in adopted[:_NAMED]:
        most, votes = verdict.ruling.dissent[0], verdict.ruling.tally
        cast = votes.support + votes.oppose + votes.abstain if votes else 0.0
        against = f"{votes.oppose / cast:.0%} of those who voted oppose it; " if votes and cast else ""
        yield f"{verdict.clause.id}: {against}{most.share:.0%} because: {most.reason or 'no reason was given'}"
    if len(adopted) > _NAMED:
        yield f"and on {len(adopted) - _NAMED} more adopted clauses, in rulings.jsonl"


def _minorities(summary: Summary) -> Iterable[str]:
    if not summary.minorities:
        adopted = any(v.ruling.status == "adopted" for v in summary.verdicts)
        held = "none: every group that is large enough for its share of the adopted clauses has it (JR, EJR+)"
        yield held if adopted else "not looked for, since nothing was adopted"
    for report in summary.minorities[:_NAMED]:
        words = f", in the words of one: {report.reasons[0].text}" if report.reasons else ""
        yield (
            f"{len(report.members)} members ({report.share:.0%}) deserve {report.deserves} of the adopted clauses and "
            f"have fewer; all of them want {report.clause}{words}"
        )
    if len(summary.minorities) > _NAMED:
        yield f"and {len(summary.minorities) - _NAMED} more such reports in minorities.jsonl"


def _gates(settings: Settings) -> Iterable[str]:
    rules = settings.rules
    groups = f" in every group of {', '.join(rules.attributes)}"
    told = [
        f"floor {rules.floor:g}{groups}" if rules.floor is not None else "",
        f"veto at {rules.veto:g}{groups}" if rules.veto is not None else "",
        f"prohibitions at {rules.prohibition:g}" if rules.prohibition is not None else "",
        f"stopped by {', '.join(rules.blocking).replace('_', ' ')}" if rules.blocking else "",
    ]
    if any(told):
        yield "; ".join(one for one in told if one)


def _contests(summary: Summary) -> Iterable[str]:
    texts = {v.clause.id: v.clause.text for v in summary.verdicts}
    found = [c for c in summary.contests if c.kind == "conflict"]
    for contest in found[:_NAMED]:
        if contest.share is None or contest.interval is None:
            yield f"{contest.options[0]} and {contest.options[1]} contradict one another; nobody was asked which"
            continue
        low, high = contest.interval
        sure = "" if contest.stands else ", which is not sure enough"
        yield (
            f"{contest.options[0]} and {contest.options[1]} contradict one another; {contest.share:.0%} ({low:.2f} to "
            f"{high:.2f}) would rather have {contest.order[0]}{sure}: {texts.get(contest.order[0], '')}"
        )


def _doubts(verdicts: Iterable[Verdict]) -> Iterable[str]:
    counts = Counter(code for v in verdicts for code in v.ruling.codes)
    if counts:
        yield ", ".join(f"{code.replace('_', ' ')} {n}" for code, n in sorted(counts.items()))


def _rules(summary: Summary, verdicts: list[Verdict], settings: Settings) -> Iterable[str]:
    turned = [(v, by) for v in verdicts if (by := flips(v.ruling))]
    adopted = sum(v.ruling.status == "adopted" for v in verdicts)
    wrong = (
        f" of {adopted} adopted clauses {summary.falsely_adopted:.2f} are expected not to deserve it;"
        if adopted and settings.rules.rule in {"share", "consensus"}
        else ""
    )
    units = (
        "the voter as the unit, for there is but one assembly"
        if settings.assemblies == 1
        else "the assembly as the unit"
    )
    yield f"{settings.rules.id}, with {units};{wrong} {len(turned)} of {len(verdicts)} would flip by another rule"
    for verdict, by in turned[:_NAMED]:
        held = "adopted, not by" if verdict.ruling.status == "adopted" else "not adopted, but by"
        yield f"  {verdict.clause.id} {held} {', '.join(name.replace('_', ' ') for name in by)}"
    if len(turned) > _NAMED:
        left = len(turned) - _NAMED
        yield f"  and {left} more; see sensitivity in rulings.jsonl, where slates, bridging and the product stand too"


def _sources(summary: Summary) -> Iterable[str]:
    found = summary.faithfulness
    if found is None:
        return
    judged = sum(found.sources.values())
    borne = (
        f"{found.sources.get('entailed', 0)} of {judged} clauses borne out by their sources" if judged else "unjudged"
    )
    told = f"{borne}, {found.quotes} quotes found word for word"
    if found.objections_on_record is not None:
        told += f"; strongest objections on record: {found.objections_on_record:.0%} of {found.objectors} objectors"
    if found.by_group:
        least = min(found.by_group, key=lambda name: (found.by_group[name], name))
        told += f", least among {least} ({found.by_group[least]:.0%})"
    yield told


def _cases(summary: Summary) -> Iterable[str]:
    if summary.cases:
        left = sum(not case.decided_by for case in summary.cases)
        yield f"{len(summary.cases)} judged; {left} ({left / len(summary.cases):.0%}) that no adopted clause decides"
