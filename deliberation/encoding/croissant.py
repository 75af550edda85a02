"""`croissant.json`: what an encoding holds, by MLCommons' Croissant 1.0, with the checksum of every file.

Written without its library, whose validator is a consumer like the others. It holds no time, so that the same encoding
has the same description.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deliberation.encoding.files import schema_of
from deliberation.records.encoding import ROWS
from deliberation.records.files import sha256

NAME = "croissant.json"
_SPEC = "http://mlcommons.org/croissant/1.0"
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_FORMATS = {
    ".parquet": "application/x-parquet",
    ".jsonl": "application/jsonlines",
    ".json": "application/json",
    ".md": "text/markdown",
    ".py": "text/x-python",
}
_TYPES = {"string": "sc:Text", "bool": "sc:Boolean", "int64": "sc:Integer", "double": "sc:Float"}


def croissant(folder: Path, *, title: str, licence: str, description: str, forms: Iterable[str]) -> dict[str, Any]:
    """The description of the encoding in a folder.

    Args:
        folder: its files; the specification beside them is not described, for an export keeps it elsewhere.
        title: its name.
        licence: an SPDX id.
        description: what it is, in a sentence or two.
        forms: formats that have rows, whose Parquet files become record sets.
    """
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).parts[0] not in {NAME, "spec"})
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": title,
        "description": description,
        "conformsTo": _SPEC,
        "license": f"https://spdx.org/licenses/{licence}.html",
        "distribution": [_file(folder, path) for path in files if not path.name.startswith(".")],
        "recordSet": [_records(form) for form in forms if form in ROWS],
    }


def _file(folder: Path, path: Path) -> dict[str, Any]:
    name = path.relative_to(folder).as_posix()
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": _FORMATS.get(path.suffix, "text/plain"),
        "contentSize": f"{path.stat().st_size} B",
        "sha256": sha256(path),
    }


def _records(form: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": form,
        "name": form,
        "field": [_field(form, column) for column in schema_of(ROWS[form])],
    }


def _field(form: str, column: Any) -> dict[str, Any]:
    """One column. A dialogue is a repeated field with a part for who speaks and one for what is said."""
    kind = column.type
    repeated = str(kind).startswith("list<")
    inner = kind.value_type if repeated else kind
    plain: dict[str, Any] = {"@type": "cr:Field", "@id": f"{form}/{column.name}", "name": f"{form}/{column.name}"}
    if repeated:
        plain["repeated"] = True
    source = {"fileObject": {"@id": f"{form}.parquet"}, "extract": {"column": column.name}}
    if str(inner).startswith("struct<"):
        return {**plain, "subField": [_part(plain["@id"], source, part) for part in inner]}
    return {**plain, "dataType": _TYPES[str(inner)], "source": source}


def _part(parent: str, source: dict[str, Any], part: Any) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{parent}/{part.name}",
        "name": f"{parent}/{part.name}",
        "dataType": _TYPES[str(part.type)],
        "source": {**source, "transform": {"jsonPath": f"$.{part.name}"}},
    }
