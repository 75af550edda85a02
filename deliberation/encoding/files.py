"""Rows on disk: Parquet with an explicit schema, the same rows as JSONL beside it, and a dataset card."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deliberation.records.encoding import Constitution, PreferenceRow, SftRow
from deliberation.records.files import write_bytes, write_records, write_whole

if TYPE_CHECKING:
    import pyarrow as pa

Row = PreferenceRow | SftRow


def write_rows(folder: Path, name: str, rows: Sequence[Row], kind: type[Row]) -> None:
    """Write rows as `name.parquet` and `name.jsonl`. No rows make files without rows, never no files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist([row.model_dump(mode="json") for row in rows], schema=schema_of(kind))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    write_bytes(folder / f"{name}.parquet", buffer.getvalue())
    write_records(folder / f"{name}.jsonl", rows)


def schema_of(kind: type[Row]) -> pa.Schema:
    """The Arrow schema of a kind of row, its own fields first and the provenance after them."""
    import pyarrow as pa

    message = pa.struct(
        [pa.field("role", pa.string(), nullable=False), pa.field("content", pa.string(), nullable=False)]
    )
    turns = pa.list_(pa.field("element", message, nullable=False))
    names = pa.list_(pa.field("element", pa.string(), nullable=False))
    own = ("messages",) if kind is SftRow else ("prompt", "chosen", "rejected")
    fields = [pa.field(name, turns, nullable=False) for name in own]
    fields += [
        pa.field("case", pa.string(), nullable=False),
        pa.field("judgments", pa.int64(), nullable=False),
        pa.field("contested", pa.bool_(), nullable=False),
        pa.field("row_id", pa.string(), nullable=False),
        pa.field("clause_ids", names, nullable=False),
        pa.field("ruling_ids", names, nullable=False),
        pa.field("support", pa.float64(), nullable=False),
        pa.field("dissent", pa.float64(), nullable=False),
        pa.field("run", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("simulated", pa.bool_(), nullable=False),
        pa.field("origin", pa.string(), nullable=False),
    ]
    return pa.schema(fields)


def write_constitution(folder: Path, found: Constitution) -> None:
    """Write `constitution.json`."""
    plain = found.model_dump(mode="json")
    write_whole(folder / "constitution.json", json.dumps(plain, indent=2, ensure_ascii=False) + "\n")


def write_card(folder: Path, *, title: str, licence: str, simulated: bool, counts: dict[str, int]) -> None:
    """Write the dataset card, `README.md`. `counts`: rows by file name."""
    origin = (
        "They were made by simulated people. They are not the opinion of any public."
        if simulated
        else "They rest on the votes of people, imported."
    )
    listed = "\n".join(f"- `{name}`: {number} rows" for name, number in counts.items())
    configs = "\n".join(
        f"  - config_name: {name}\n    data_files: {name}.parquet" for name in counts if name != "constitution"
    )
    write_whole(
        folder / "README.md",
        f"""---
license: {licence.lower()}
annotations_creators: [{"machine-generated" if simulated else "crowdsourced"}]
tags: [{"synthetic, " if simulated else ""}deliberation]
configs:
{configs}
---
# {title}

Rows that an alignment process can train or test on, from rulings and judgments. {origin}

{listed}

Every row names the clauses and rulings it rests on (`clause_ids`, `ruling_ids`), the share of members behind it
(`support`) and against it (`dissent`), its run, its split and whether it is simulated. `contested` marks rows that
rest on clauses none of which was adopted. Train and test are split by question, by a hash of its id: all that rests on
one question, in whichever run, stands on one side, so no clause is ever on both.
""",
    )
