"""MLCommons Croissant: the description of a benchmark that search engines and libraries for data sets read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from wild_aieval.benchmarks.croissant_context import CONTEXT
from wild_aieval.benchmarks.manifest import COLUMNS, PARTS, Manifest
from wild_aieval.benchmarks.manifest_types import UNKNOWN
from wild_aieval.benchmarks.readers.lines import LANGUAGE
from wild_aieval.benchmarks.readers.retrieval import BEIR_QRELS
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.benchmarks.readers.tabular import read_csv, read_jsonl, read_parquet, read_tsv
from wild_aieval.errors import UserError

CROISSANT_FILE = "croissant.json"
VERSION = "http://mlcommons.org/croissant/1.0"
Node = dict[str, Any]

_SPDX = "https://spdx.org/licenses/"
_ENCODINGS = {
    ".jsonl": "application/jsonlines",
    ".ndjson": "application/jsonlines",
    ".json": "application/json",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": "application/x-parquet",
    ".tmx": "application/xml",
    ".xlf": "application/xml",
    ".xliff": "application/xml",
    ".xml": "application/xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
_READERS = {
    "application/jsonlines": read_jsonl,
    "text/csv": read_csv,
    "text/tab-separated-values": read_tsv,
    "application/x-parquet": read_parquet,
}
_BEIR_TEXTS = {"id": "_id"}
_BEIR_METADATA = {"family": "family_id"}


class _Column(NamedTuple):
    """A column of a file: its name, the name inside ``metadata`` where it stands there, what it holds."""

    name: str
    inner: str = ""
    kind: str = "text"  # text, list, or nested, which is left out


def croissant(manifest: Manifest, folder: Path) -> Node:
    """The JSON-LD document for ``croissant.json``: files with digests, and the columns of those that hold rows.

    Files of the user or of the hub are named, not described: their rows are not on this machine.

    Raises:
        UserError: where a file is missing or cannot be read.
    """
    name = f"{manifest.task}-{manifest.name}"
    described: Node = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": name,
        "description": manifest.description,
        "license": _licence(manifest),
        "url": manifest.homepage or f"urn:wild-aieval:benchmark:{manifest.task}:{manifest.name}",
        "version": manifest.version,
        "citeAs": manifest.citation or f"{manifest.contributor}: {manifest.title}, version {manifest.version}.",
        "creator": {"@type": "Organization", "name": manifest.contributor},
        "dateCreated": manifest.created.isoformat(),
        "datePublished": (manifest.published or manifest.created).isoformat(),
        "inLanguage": list(manifest.languages),
        "keywords": _keywords(manifest),
        "alternateName": manifest.title,
        "rai:dataCollection": manifest.creation,
    }
    if manifest.terms_of_use:
        described["usageInfo"] = manifest.terms_of_use
    files = {} if manifest.data.folder_from else _files(manifest, folder)
    described["distribution"] = [*files.values(), *_pointers(manifest)]
    described["recordSet"] = [record for part in PARTS[manifest.task] if (record := _records(manifest, folder, part))]
    return described


def _licence(manifest: Manifest) -> str:
    """The page of a licence that has one, else the expression with the terms."""
    expression = manifest.licence
    if expression == UNKNOWN or "LicenseRef-" in expression or " " in expression:
        return expression
    return f"{_SPDX}{expression}.html"


def _keywords(manifest: Manifest) -> list[str]:
    words = ["patents", manifest.task, manifest.scheme, manifest.restricted_to, *manifest.offices]
    return [word for word in (*words, "synthetic" if manifest.synthetic else "") if word]


def _names(manifest: Manifest) -> list[str]:
    tags = [str(manifest.source_language), str(manifest.target_language)]
    names = [
        name.replace(LANGUAGE, tag)
        for name in manifest.data.files.values()
        for tag in (tags if LANGUAGE in name else [""])
    ]
    return list(dict.fromkeys(names))


def _files(manifest: Manifest, folder: Path) -> dict[str, Node]:
    found = {}
    for name in _names(manifest):
        path = folder / name
        if not path.is_file():
            raise UserError(f"{path}: there is no such file, so it cannot be described. Mend data.files.")
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found[name] = {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "contentSize": f"{path.stat().st_size} B",
            "encodingFormat": _encoding(path),
            "sha256": digest,
        }
    return found


def _encoding(path: Path) -> str:
    return _ENCODINGS.get(path.suffix.lower(), "text/plain")


def _pointers(manifest: Manifest) -> Iterator[Node]:
    """Data sets of the hub, as repositories."""
    pointers = {pointer.id: pointer for pointers in manifest.data.hub.values() for pointer in pointers}
    for name, pointer in pointers.items():
        where = f"/tree/{pointer.revision}" if pointer.revision else ""
        yield {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "description": f"Data set of the Hugging Face hub at {pointer.revision or pointer.branch or 'main'}.",
            "contentUrl": f"https://huggingface.co/datasets/{name}{where}",
            "encodingFormat": "git+https",
            "sha256": "main",
        }


def _records(manifest: Manifest, folder: Path, part: str) -> Node | None:
    """The columns of a part; None where its rows are elsewhere or in a format that Croissant does not read."""
    name = manifest.data.files.get(part)
    if name is None or manifest.data.folder_from or not (reader := _READERS.get(_encoding(folder / name))):
        return None
    columns = _columns(manifest, part, reader(folder / name))
    fields = [_field(manifest, part, name, ours, column) for ours, column in columns.items()]
    key = {"key": {"@id": f"{part}/id"}} if "id" in columns else {}
    return {
        "@type": "cr:RecordSet",
        "@id": part,
        "name": part,
        "description": manifest.splits.get(part, f"The rows of the part '{part}'."),
        **key,
        "field": fields,
    }


def _columns(manifest: Manifest, part: str, rows: Iterator[Row]) -> dict[str, _Column]:
    """The harness's columns that the file has, with their place in it."""
    beir = manifest.data.format in ("beir", "trec")
    mapping = manifest.data.columns.get(part, {})
    seen: dict[str, str] = {}
    inner: dict[str, str] = {}
    for row in rows:
        _note(row.fields, seen)
        if beir and isinstance(metadata := row.fields.get("metadata"), dict):
            _note(metadata, inner)
    found = {}
    for ours in COLUMNS[manifest.task][part]:
        named = BEIR_QRELS if part == "qrels" else _BEIR_TEXTS
        theirs = mapping.get(ours) or (named.get(ours, ours) if beir else ours)
        deep = next((name for name in (theirs, _BEIR_METADATA.get(ours, "")) if name in inner), "")
        if theirs in seen:
            found[ours] = _Column(theirs, kind=seen[theirs])
        elif deep:
            found[ours] = _Column("metadata", deep, inner[deep])
    return {ours: column for ours, column in found.items() if column.kind != "nested"}


def _note(fields: Mapping[str, Any], kinds: dict[str, str]) -> None:
    """Add what the columns of one row hold; a list in one row makes a list of the column."""
    for name, value in fields.items():
        members = value if isinstance(value, list) else [value]
        kind = "nested" if any(isinstance(member, dict) for member in members) else "text"
        kind = "list" if kind == "text" and isinstance(value, list) else kind
        known = kinds.get(name, "text")
        kinds[name] = known if kind == "text" else kind


def _field(manifest: Manifest, part: str, file: str, ours: str, column: _Column) -> Node:
    source: Node = {"fileObject": {"@id": file}, "extract": {"column": column.name}}
    if column.inner:
        source["transform"] = {"jsonPath": f"$.{column.inner}"}
    field: Node = {
        "@type": "cr:Field",
        "@id": f"{part}/{ours}",
        "name": ours,
        "description": _meaning(manifest, part, ours),
        "dataType": "sc:Date" if ours == "date" else "sc:Text",
        "source": source,
    }
    return field | ({"repeated": True} if column.kind == "list" else {})


def _meaning(manifest: Manifest, part: str, column: str) -> str:
    known = {
        "id": "Identifier of the row.",
        "main": f"Main symbol of the {manifest.scheme}.",
        "symbols": f"Symbols of the {manifest.scheme}.",
        "language": "Language of the text, BCP 47.",
        "office": "Office, WIPO ST.3.",
        "date": "Day of publication." if part == "corpus" else "Day that counts for the row.",
        "family": "Patent family.",
        "cluster": f"What belongs together ({manifest.clusters_are or 'not stated'}).",
        "source": f"Text in {manifest.source_language}.",
        "target": f"Reference translation into {manifest.target_language}.",
        "terms": "Terms of the text and their good renderings.",
        "grade": "Relevance: a number or a category.",
        "query_id": "Identifier of the query.",
        "document_id": "Identifier of the document.",
    }
    return known.get(column, f"The {column} of the row.")
