"""The page that closes a run: what was asked, who sat, what was ruled and how sure that is, where the files are.

Markup is off throughout: clause texts and reasons may have been written by a model.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deliberation.analysis.summary import Summary, Verdict
from deliberation.cli.doubting import notes, order
from deliberation.records.people import Selection
from deliberation.settings import Settings

_COLOURS = {"adopted": "green", "rejected": "red", "contested": "yellow", "no_ruling": "bright_black"}
_BAR = 16


def show(summary: Summary, settings: Settings, path: Path) -> None:
    """Print a run's closing page on standard output."""
    width = None if sys.stdout.isatty() else 110
    console = Console(markup=False, highlight=False, emoji=False, width=width)
    for part in (_asked(summary, settings), _sat(summary, settings), _moved(summary, settings)):
        console.print(part)
    console.print(_ruled(summary.verdicts, settings))
    console.print(notes(summary, settings))
    console.print(_checks(summary.manifest.content.diagnostics))
    console.print(_where(summary, path), soft_wrap=True)


def _asked(summary: Summary, settings: Settings) -> Text:
    content = summary.manifest.content
    text = Text()
    if content.simulated:
        text.append("SIMULATED: no person took part; this is not the opinion of any public.\n", "bold yellow")
    else:
        text.append("IMPORTED: what people said and voted, from a record of it.\n", "bold green")
    if summary.given:
        text.append("BALLOTS HANDED IN: cast elsewhere; all else is as above.\n", "bold yellow")
    text.append("\nAsked    ", "bold").append(" ".join(settings.question.text.split()))
    text.append("\nIdea     ", "bold").append(content.idea)
    if settings.question.origin == "generated":
        text.append(
            "\n         The argument map was generated from the words of the question, without research, and there "
            "was no evidence.",
            "yellow",
        )
    return text


def _sat(summary: Summary, settings: Settings) -> Text:
    text = Text("Sat      ", "bold")
    text.append(
        f"{settings.assemblies} assemblies of {settings.members} from {settings.panel.population.title}, "
        f"{summary.quotas_met} of {summary.quotas} quotas met\n"
    )
    if summary.selection is not None:
        text.append(f"         {_drawn(summary.selection)}\n")
    for name in ("age", "gender", "outlook"):
        counts = summary.attributes.get(name, {})
        if counts:
            told = ", ".join(f"{value} {n / summary.seats:.0%}" for value, n in counts.items())
            text.append(f"         {name}: {told}\n")
    failures = summary.manifest.content.failures
    text.append(f"         {settings.procedure.title}, answered by {_who(summary.manifest.content.models)}, ")
    told = ", ".join(f"{n} {task}" for task, n in failures.items())
    text.append(f"{summary.events} events, " + (f"unreadable replies: {told}" if failures else "no unreadable reply"))
    return text


def _drawn(report: Selection) -> str:
    """How the seats were filled: method, chances, proof, overlaps, replacements, weights."""
    chances, told = report.chances, [f"{report.method} from {report.pool:,}"]
    if report.certificate is not None:
        proof = report.certificate
        told.append(f"least chance {proof.least:.2%}, at most {proof.bound:.2%} possible (gap {proof.gap:.1%})")
    if chances is not None:
        told.append(f"Gini of chances {chances.gini:.2f}")
    if chances is not None and chances.never and chances.draws is None:
        told.append(f"{chances.never} people no panel can seat")
    if report.reseated:
        told.append(f"{report.reseated} of {report.seats} seats to people who sat before")
    if report.replaced:
        told.append(f"{report.replaced} replaced")
    if report.left_out:
        told.append(f"{report.left_out} respondents left out")
    if report.weighting is not None:
        told.append(f"ballots weighted, worth {report.weighting.effective:.0f} of {report.weighting.ballots}")
    return ", ".join(told)


def _who(models: dict[str, str]) -> str:
    """Who answered: one identity, or of a cast the name at each place."""
    places = [f"{place} {who.rsplit('/', 1)[0]}" for place, who in models.items() if place != "all"]
    return ", ".join(places) or models.get("all", "?")


def _moved(summary: Summary, settings: Settings) -> Text:
    if not summary.polls:
        return Text()
    labels = {p.id: p.label for p in settings.question.positions}
    told = [
        f"{labels.get(position, position)} {first:.1f} -> {last:.1f}"
        if abs(first - last) >= 0.05
        else f"{labels.get(position, position)} {first:.1f}"
        for position, (first, last) in summary.polls.items()
    ]
    polls = "first to last poll" if sum(p.kind == "poll" for p in settings.procedure.phases) > 1 else "in the poll"
    return Text.assemble(("Opinion  ", "bold"), f"mean rating 1 to 7, {polls}: ", ", ".join(told), "\n")


def _ruled(verdicts: Iterable[Verdict], settings: Settings) -> Table:
    level, share = 2 * settings.rules.confidence - 1, settings.rules.rule == "share"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Ruling")
    if not share:
        table.add_column(f"{settings.rules.rule.replace('_', ' ').capitalize()}, bar", no_wrap=True)
    table.add_column("Support")
    table.add_column(f"{level:.0%} interval", no_wrap=True)
    table.add_column("Stable", justify="right")
    table.add_column("Clause")
    for verdict in sorted(verdicts, key=order):
        ruling = verdict.ruling
        low, high = ruling.interval or (0.0, 0.0)
        score = "-" if ruling.score is None or ruling.bar is None else f"{ruling.score:.2f}, {ruling.bar:.2f}"
        table.add_row(
            Text(ruling.status.replace("_", " "), _COLOURS[ruling.status]),
            *(() if share else (Text(score),)),
            Text(_bar(ruling.support) if ruling.support is not None else "-"),
            Text(f"{low:.2f} to {high:.2f}" if ruling.interval else "-"),
            Text(f"{ruling.stability:.2f}" if ruling.stability is not None else "-"),
            Text(f"{verdict.clause.id} {verdict.clause.text}"),
        )
    return table


_CHECKS = (
    ("spread", "spread of opinion {:.2f} (people .28)"),
    ("persona_r2", "R2 of values {:.2f}"),
    ("segment_share", "between value groups {:.2f}"),
    ("individuation", "likeness to oneself {:.2f}"),
    ("convergence", "spread after / before {:.2f}"),
    ("flips", "first choice changed {:.0%}"),
    ("testimony", "moved by the witness {:.3f}"),
    ("value_drift_z", "drift from own values z {:+.1f}"),
    ("order_z", "order shown z {:+.1f}"),
    ("distinct_2", "distinct word pairs {:.2f}"),
    ("recall_facts", "own facts recalled {:.0%}"),
    ("public_private", "words against private ratings r {:.2f}"),
    ("grounding", "points in own words {:.2f}"),
)


def _checks(found: dict[str, float | None]) -> Text:
    told = [words.format(value) for name, words in _CHECKS if (value := found.get(name)) is not None]
    return Text("Checks   ", "bold").append(", ".join(told) + " (all in manifest.json)\n")


def _where(summary: Summary, path: Path) -> Text:
    circumstances = summary.manifest.circumstances
    usage, cost = circumstances.usage, circumstances.cost
    money = "cost unknown" if cost is None else f"{cost:.2f} USD"
    rows = ", ".join(f"{n} {name}" for name, n in summary.rows.items())
    seconds = sum(circumstances.seconds.values())
    text = Text("Files    ", "bold").append(f"{path}\n")
    text.append(f"         {rows} rows in encoding/; {usage.calls:,} calls, {money}, {seconds:.1f} s\n")
    text.append("Next     ", "bold").append(f"deliberate export {path} --to SPEC_REPO")
    return text


def _bar(share: float) -> str:
    full = round(share * _BAR)
    return f"{'█' * full}{'░' * (_BAR - full)} {share:.0%}"
