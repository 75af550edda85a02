"""From words on the command line to a command, and from its errors to one line and an exit status."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from deliberation.cli import commands
from deliberation.errors import ConfigError, DataError, DeliberationError, RunError, TraceError

_BAD_INPUT = (ConfigError, DataError, RunError, TraceError)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message} (see {self.prog} --help)")


def dispatch(name: str, arguments: list[str]) -> int:
    """Run a command; a known error becomes one line and exit status 2 (bad input) or 1."""
    try:
        status = _COMMANDS[name](arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever read our output has left; keep the interpreter from flushing into the closed pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt as interrupt:
        how = f"; deliberate resume {interrupt} carries the run on" if str(interrupt) else ""
        sys.stderr.write(f"deliberate: interrupted{how}\n")
        return 130
    except DeliberationError as error:
        sys.stderr.write(f"deliberate: {' '.join(str(error).split())}\n")
        return 2 if isinstance(error, _BAD_INPUT) else 1
    except OSError as error:
        sys.stderr.write(f"deliberate: {error.filename or 'standard output'}: {error.strerror or error}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor again when the interpreter ends
        return 1
    return status


def _run(arguments: list[str]) -> int:
    json = "--json" in arguments
    return commands.run([a for a in arguments if a != "--json"], json=json)


def _plan(arguments: list[str]) -> int:
    from deliberation.cli.planning import plan

    parser = _parser(
        "plan",
        "Calls, tokens, money and critical path of a study, before anything is spent; of every study of a sweep, such "
        "as an experiment's (experiment=persona).",
    )
    _json_flag(parser)
    given, overrides = parser.parse_known_args(arguments)
    return plan(overrides, json=given.json)


def _power(arguments: list[str]) -> int:
    parser = _parser(
        "power",
        "How many assemblies of what size a study needs, by formula and by simulation with the synthetic public. "
        "Overrides choose question, procedure, witness, population and model, as for deliberate run.",
    )
    parser.add_argument("--width", type=float, default=0.1, help="of a ruling's interval, wanted (default 0.1)")
    parser.add_argument("--effect", type=float, default=0.05, help="difference between two arms to be found (0.05)")
    parser.add_argument("--sizes", default="6,12,24,48", help="members of a panel (default 6,12,24,48)")
    parser.add_argument("--panels", type=int, default=400, help="fresh panels of each size (default 400)")
    parser.add_argument("--ratio", type=float, default=10.0, help="cost of an assembly, in members (default 10)")
    parser.add_argument(
        "--rules", action="store_true",
        help="also how each rule and gate does in studies of assemblies=N of members=N: what it adopts, flips and errs",
    )  # fmt: skip
    parser.add_argument("--studies", type=int, default=20, help="simulated studies for --rules (20: some minutes)")
    _json_flag(parser)
    given, overrides = parser.parse_known_args(arguments)
    try:
        sizes = [int(size) for size in given.sizes.split(",")]
    except ValueError:
        raise ConfigError(f"--sizes {given.sizes}: whole numbers, with commas between them") from None
    wanted = {"width": given.width, "effect": given.effect, "panels": given.panels, "ratio": given.ratio}
    studies = given.studies if given.rules else None
    return commands.power(overrides, sizes=sizes, wanted=wanted, studies=studies, json=given.json)


def _resume(arguments: list[str]) -> int:
    parser = _parser(
        "resume",
        "Carry an interrupted run on. Only what says how it is carried out may change: budget.*, concurrency, "
        "delivery, prices, and of a chat model its rates (model.rpm, model.tpm, model.parallel, model.retries).",
    )
    given = _run_and_overrides(parser, arguments)
    return commands.resume(given.run, given.overrides, json=given.json)


def _rule(arguments: list[str]) -> int:
    parser = _parser(
        "rule",
        "Distil and rule again from the stored transcripts and ballots. distillation, aggregation and encoding may "
        "change; the result then lies in a folder beside the run. ratify=true puts clauses to panels that have not "
        "voted on them. distillation.clerk=MODEL lets another model judge and find clauses, of imported runs too.",
    )
    parser.add_argument(
        "--ballots", type=Path, metavar="FILE",
        help="ballots that take the place of the stored ones: JSON lines as in ballots.jsonl, or CSV with the columns "
        "assembly, member, clause, choice and, where known, rating, reason, weight",
    )  # fmt: skip
    parser.add_argument("--config-dir", type=Path, metavar="DIR", help="a folder of your own options, as for run")
    given = _run_and_overrides(parser, arguments)
    return commands.rule(given.run, given.overrides, ballots=given.ballots, own=given.config_dir, json=given.json)


def _encode(arguments: list[str]) -> int:
    parser = _parser("encode", "Make the training rows again from the stored rulings.")
    parser.add_argument("run", type=Path)
    parser.add_argument("overrides", nargs="*", help=argparse.SUPPRESS)
    _json_flag(parser)
    given = parser.parse_args(arguments)
    if given.overrides:
        told = " ".join(given.overrides)
        raise ConfigError(f"encode changes nothing; for another encoding: deliberate rule {given.run} {told}")
    return commands.encode(given.run, json=given.json)


def _export(arguments: list[str]) -> int:
    parser = _parser("export", "One commit in a specification repository, on a branch of its own. Never a push.")
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--to", type=Path, required=True, metavar="REPO")
    _json_flag(parser)
    given = parser.parse_args(arguments)
    return commands.export(given.runs, given.to, json=given.json)


def _compare(arguments: list[str]) -> int:
    parser = _parser(
        "compare", "Processes on one question side by side: rulings, polls, planted will and what each cost."
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="write the table (CSV) and the figure (PNG) there")
    _json_flag(parser)
    given = parser.parse_args(arguments)
    return commands.compare(given.runs, to=given.to, json=given.json)


def _replicate(arguments: list[str]) -> int:
    from deliberation.cli.replicating import replicate

    parser = _parser("replicate", "How far finished runs of one question agree, and what differs among them.")
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a row for each clause and run there")
    _json_flag(parser)
    given = parser.parse_args(arguments)
    return replicate(given.runs, csv=given.csv, json=given.json)


def _contrast(arguments: list[str]) -> int:
    from deliberation.cli.contrasting import contrast_runs

    parser = _parser(
        "contrast",
        "The arms of an experiment against a control. Arms are the settings in which runs differ, question and seed "
        "aside; assemblies of the same people are compared pair by pair, and questions are clusters.",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--control", metavar="ARM", help="its name, or a part that no other has (default: the first)")
    parser.add_argument("--outcomes", metavar="A,B", help="names of outcomes and diagnostics, with commas between them")
    parser.add_argument("--sesoi", type=float, metavar="X", help="smallest effect of interest: test for being the same")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="write effects.csv and outcomes.csv there")
    _json_flag(parser)
    given = parser.parse_args(arguments)
    outcomes = given.outcomes.split(",") if given.outcomes else None
    wanted = {"control": given.control, "outcomes": outcomes, "sesoi": given.sesoi}
    return contrast_runs(given.runs, wanted, to=given.to, json=given.json)


def _report(arguments: list[str]) -> int:
    from deliberation.cli.reporting import report

    parser = _parser("report", "A run as one HTML page that holds all it shows and opens without a network.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--to", type=Path, metavar="FILE", help="the file (default: report.html in the run folder)")
    parser.add_argument(
        "--assemblies", type=int, default=20, metavar="N",
        help="of how many assemblies it holds the whole transcript, the first drawn (default 20)",
    )  # fmt: skip
    _json_flag(parser)
    given = parser.parse_args(arguments)
    return report(given.run, to=given.to, assemblies=given.assemblies, json=given.json)


def _trace(arguments: list[str]) -> int:
    parser = _parser("trace", "What something rests on and what rests on it, by its id.")
    parser.add_argument("id")
    parser.add_argument("run", type=Path)
    parser.add_argument("--width", type=int, default=6, help="branches shown at each step (default 6)")
    _json_flag(parser)
    given = parser.parse_args(arguments)
    return commands.trace(given.id, given.run, width=given.width, json=given.json)


def _lint(arguments: list[str]) -> int:
    parser = _parser("lint", "Check a specification repository: its working tree, or one commit.")
    parser.add_argument("repo", type=Path)
    parser.add_argument("--ref", help="a branch, tag or commit")
    _json_flag(parser)
    given = parser.parse_args(arguments)
    return commands.lint(given.repo, given.ref, json=given.json)


def _verify(arguments: list[str]) -> int:
    from deliberation.cli.verifying import verify

    parser = _parser(
        "verify",
        "Make every hash in a specification repository's provenance again, and see that clauses, specification and "
        "examples follow from the rulings recorded there: in its working tree, or in one commit.",
    )
    parser.add_argument("repo", type=Path)
    parser.add_argument("--ref", help="a branch, tag or commit")
    _json_flag(parser)
    given = parser.parse_args(arguments)
    return verify(given.repo, given.ref, json=given.json)


def _import(arguments: list[str]) -> int:
    parser = _parser(
        "import",
        "Bring what real people said or voted in as a run: a Polis export (a folder), or a transcript (.csv, .json or "
        ".jsonl with speaker, text, time, role, and if wanted table and phase).",
    )
    parser.add_argument("kind", choices=("polis", "transcript"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--to", type=Path, required=True, metavar="RUN", help="the run folder to make")
    parser.add_argument("--question", help="what a transcript is about (default: its name)")
    _json_flag(parser)
    given = parser.parse_args(arguments)
    if given.kind == "polis" and given.question is not None:
        raise ConfigError("--question: a Polis export names its own topic")
    return commands.bring_in(given.kind, given.path, to=given.to, question=given.question, json=given.json)


def _validate(arguments: list[str]) -> int:
    parser = _parser("validate", "Check questions, personas, populations (YAML) and run folders.")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    _json_flag(parser)
    given = parser.parse_args(arguments)
    return commands.validate(given.files, json=given.json)


def _schema(arguments: list[str]) -> int:
    parser = _parser("schema", "JSON Schemas of the records: print them, write them, or check that none has drifted.")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", type=Path, metavar="DIR")
    group.add_argument("--write", type=Path, metavar="DIR")
    given = parser.parse_args(arguments)
    return commands.schema(check=given.check, write=given.write)


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": _run,
    "plan": _plan,
    "power": _power,
    "resume": _resume,
    "rule": _rule,
    "encode": _encode,
    "report": _report,
    "export": _export,
    "compare": _compare,
    "replicate": _replicate,
    "contrast": _contrast,
    "trace": _trace,
    "lint": _lint,
    "verify": _verify,
    "import": _import,
    "validate": _validate,
    "schema": _schema,
}


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    return _Parser(prog=f"deliberate {name}", description=description, allow_abbrev=False)


def _run_and_overrides(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    parser.add_argument("run", type=Path)
    parser.add_argument("overrides", nargs="*")
    _json_flag(parser)
    return parser.parse_intermixed_args(arguments)


def _json_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for a program to read")
