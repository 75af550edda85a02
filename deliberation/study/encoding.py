"""The stage that makes an encoding: reads a run folder's rulings, judgments and examples, writes `encoding/`.

What the rows are is decided in `deliberation.encoding`; here what they rest on is read, and they are written, one
format after another, and described.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

from deliberation.encoding.card import WHAT, Card, unasked_rows, write_card
from deliberation.encoding.constitution import choices, constitution, critique_revision
from deliberation.encoding.croissant import NAME as CROISSANT
from deliberation.encoding.croissant import croissant
from deliberation.encoding.evals import write_task
from deliberation.encoding.files import Tally, write_json, write_rows
from deliberation.encoding.hh import read_pairs
from deliberation.encoding.leakage import leakages
from deliberation.encoding.rows import MAKERS, preferences, samples, without_prompts
from deliberation.encoding.sources import Given, Quiet, Ruled, split_of
from deliberation.errors import DataError
from deliberation.export.grammar import escaped, quoted
from deliberation.export.specfiles import write_spec
from deliberation.records.encoding import ROWS, SAMPLES, FailedRow, PreferenceRow, Recognition, WorkedExample
from deliberation.records.files import read_records, sha256, write_records
from deliberation.records.folder import RunFolder
from deliberation.records.manifest import Content
from deliberation.settings import EncodingSettings, Settings

EXAMPLES = "examples.jsonl"
RECOGNITIONS = "recognitions.jsonl"


def encode(folder: RunFolder, settings: Settings, content: Content) -> dict[str, int]:
    """Make rows -> `encoding/`. Returns the number of rows by file.

    Raises:
        DataError: the file of given pairs cannot be read.
    """
    how, ruled = settings.encoding, ruled_of(folder, settings, content)
    tally = Tally()
    for form in how.formats:
        if form in ROWS:
            write_rows(folder.encoding, form, tally.kept(form, MAKERS[form](ruled, how)), ROWS[form])
    if "inspect" in how.formats:
        write_records(folder.encoding / SAMPLES, tally.kept("inspect", samples(ruled, how)))
        write_task(folder.encoding)
    if "constitution" in how.formats:
        tally.rows["constitution"] = Counter({"clause": _constitution(folder.encoding, ruled, settings.idea)})
    if how.specification:
        write_spec(folder, content, settings.question)
    unasked = without_prompts(ruled)
    failed = [*_misread(ruled), *unasked_rows(ruled.run, unasked), *tally.failed]
    write_records(folder.encoding / "failures.jsonl", failed)
    card = Card(
        title=f"{settings.question.title}: {settings.study}",
        licence=how.licence,
        split=split_of(settings.question.id, how.test_share),
        simulated=ruled.simulated,
        specification=how.specification,
        system=how.system,
        rows={form: tally.rows[form] for form in how.formats},
        failed=failed,
        recognitions=list(read_records(folder.path / RECOGNITIONS, Recognition)) if how.specification else [],
        leaks=leakages(row for row in preferences(ruled, how) if isinstance(row, PreferenceRow)),
        unasked=unasked,
        given=None if how.mix is None else (Path(how.mix).name, sha256(Path(how.mix))),
    )
    write_card(folder.encoding, card)
    _describe(folder.encoding, card)
    return {form: counts.total() for form, counts in card.rows.items()}


def ruled_of(folder: RunFolder, settings: Settings, content: Content) -> Ruled:
    """What a run's rows are made of; without a specification no clause and no example is among it.

    Raises:
        DataError: there is no file of given pairs where the settings name one.
    """
    how = settings.encoding
    bare = Ruled(
        settings.question, list(folder.judgments()), {}, content.run, content.simulated, given=_given(how)
    )  # fmt: skip
    if not how.specification:
        return bare
    misread = {
        one.example: "nothing readable" if one.clause is None else f"{one.clause} {_said(one)}"
        for one in read_records(folder.path / RECOGNITIONS, Recognition)
        if not one.right
    }
    return bare._replace(
        rulings={ruling.clause: ruling for ruling in folder.rulings()},
        clauses={clause.id: clause for clause in folder.clauses()},
        examples=partial(read_records, folder.path / EXAMPLES, WorkedExample),
        misread=misread,
        quiet=Quiet(escaped, quoted),
    )


def _said(one: Recognition) -> str:
    return "and the replies for what they are" if one.complies else "and the violating reply for the complying one"


def _given(how: EncodingSettings) -> Given | None:
    if how.mix is None:
        return None
    path = Path(how.mix)
    if not path.is_file():
        raise DataError(f"encoding.mix={how.mix}: no such file")
    return Given(f"given-{sha256(path)[:12]}", partial(read_pairs, path))


def _misread(ruled: Ruled) -> list[FailedRow]:
    """Examples that make no row, for a reader took them for something else."""
    return [
        ruled.failed("all", one.id, "unrecognised", f"taken for {ruled.misread[one.id]}", [one.clause])
        for one in ruled.examples()
        if one.id in ruled.misread
    ]


def _constitution(folder: Path, ruled: Ruled, idea: str) -> int:
    """Write the constitution, and the files of the paper that can be made of it."""
    found = constitution(ruled, idea=idea)
    write_json(folder / "constitution.json", found.model_dump(mode="json"))
    write_json(folder / "CritiqueRevisionInstructions.json", critique_revision(found))
    write_json(folder / "RLInstructions.json", choices(found))
    return len(found.principles)


def _describe(folder: Path, card: Card) -> None:
    plain = croissant(
        folder,
        title=card.title,
        licence=card.licence,
        description=f"{WHAT} {card.origin}",
        forms=card.loadable,
    )
    write_json(folder / CROISSANT, plain)
