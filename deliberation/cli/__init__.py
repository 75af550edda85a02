"""The `deliberate` command. The only room that knows Hydra; decides nothing about a study.

This module is all that `--help` loads, so it imports next to nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

USAGE = """\
deliberate: simulated mini-publics that deliberate value questions, from idea to encoding

usage: deliberate COMMAND [arguments]

  run [overrides]           a whole study: panels, assemblies, rulings, encoding
  plan [overrides]          calls, tokens and money it would take, before anything is spent
  power [overrides]         how many assemblies of what size, for an interval of a width or to find an effect
  resume RUN [overrides]    carry an interrupted run on (budget.*, delivery, rates and the like may change)
  rule RUN [overrides]      distil and rule again from the stored transcripts; ratify=true asks for missing ballots
  encode RUN                make the training rows again from the stored rulings
  compare RUN... [--to DIR] processes on one question side by side, with a figure
  replicate RUN... [--csv FILE]
                            how far runs of one question agree, and what differs among them
  contrast RUN... [--control ARM] [--outcomes A,B] [--sesoi X] [--to DIR]
                            the arms of an experiment against a control, the assembly being the unit
  report RUN [--to FILE] [--assemblies N]
                            the run as one HTML page that opens without a network
  export RUN... --to REPO   one commit in a specification repository; never a push
  trace ID RUN              the chain of a persona, event, ballot, clause, ruling or row, both ways
  lint REPO [--ref REF]     check a specification repository in the Model Spec's format
  verify REPO [--ref REF]   see that it is what its runs ruled: hashes, clauses, specification
  import polis|transcript PATH --to RUN
                            what real people voted or said, as a run (simulated: false)
  validate FILE...          check a question, persona, population or run folder
  schema [--check DIR | --write DIR]
                            JSON Schemas of the records

Every command takes --json where a program would read it, and --help.

examples:
  deliberate run
  deliberate run question=disputed_politics seed=11 assemblies=20
  deliberate run 'question.text=Should an AI write eulogies?'
  deliberate power --width 0.1 --effect 0.05 question=disputed_politics
  deliberate run --multirun procedure=citizens_assembly,plain_poll
  deliberate run experiment=persona question=surveillance,animals    (then: deliberate contrast on its folders)
  deliberate run --help                       (every setting, and Hydra's own flags)
  deliberate export transcripts/2026-01-31/12-00-00_mini-publics --to ../my-spec

Whatever it prints or writes is simulated, not the opinion of any public, unless it says that people were imported.
"""

COMMANDS = (
    "run", "plan", "power", "resume", "rule", "encode", "compare", "replicate", "contrast", "report", "export", "trace",
    "lint", "verify", "import", "validate", "schema",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 only when all was done."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        sys.stdout.write(USAGE)
        return 0 if arguments else 2
    if arguments[0] in {"-V", "--version"}:
        from importlib.metadata import version

        sys.stdout.write(f"deliberate {version('deliberation')}\n")
        return 0
    if arguments[0] not in COMMANDS:
        sys.stderr.write(f"deliberate: no command {arguments[0]!r} (there are: {', '.join(COMMANDS)})\n")
        return 2
    from deliberation.cli.dispatch import dispatch

    return dispatch(arguments[0], arguments[1:])
