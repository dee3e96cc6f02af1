"""The YAML header that a card needs on the Hugging Face hub: what the data is, and which file is which split."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from wild_aieval.benchmarks.manifest import PARTS, Manifest
from wild_aieval.benchmarks.manifest_types import UNKNOWN

Fields = dict[str, Any]
_TASKS = {
    "classification": ["text-classification"],
    "translation": ["translation"],
    "search": ["text-retrieval"],
}
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
_READABLE = re.compile(r"\.(jsonl|ndjson|csv|tsv|parquet)$", re.IGNORECASE)


def hub_header(manifest: Manifest, counts: Mapping[str, int]) -> str:
    """The header with its fences, to stand before the card's text; ``counts``: rows by part."""
    fields = header_fields(manifest, counts)
    return f"---\n{yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=110)}---\n"


def with_header(card: str, header: str) -> str:
    """The card with this header in place of the one that it had."""
    text = re.sub(r"\A---\n.*?\n---\n+", "", card, flags=re.DOTALL)
    return f"{header}\n{text.lstrip()}"


def header_fields(manifest: Manifest, counts: Mapping[str, int]) -> Fields:
    """The header as plain data."""
    fields: Fields = {
        "pretty_name": manifest.title,
        "language": [tag.split("-")[0] for tag in manifest.languages],
        "language_bcp47": [tag for tag in manifest.languages if "-" in tag],
        **_licence(manifest),
        "multilinguality": [_multilinguality(manifest)],
        "task_categories": _TASKS[manifest.task],
        "size_categories": [_size(sum(counts.values()))],
        "annotations_creators": _annotators(manifest),
        "source_datasets": list(dict.fromkeys(p.id for pointers in manifest.data.hub.values() for p in pointers)),
        "tags": _tags(manifest),
        "configs": _configs(manifest),
    }
    return {name: value for name, value in fields.items() if value not in ([], "")}


def _licence(manifest: Manifest) -> Fields:
    """The hub knows single licences by their lower-case SPDX name; all else is 'other' with its name."""
    expression = manifest.licence
    if expression == UNKNOWN:
        return {"license": "unknown"}
    if " " not in expression and "LicenseRef-" not in expression:
        return {"license": expression.lower().removesuffix("-only").removesuffix("-or-later")}
    link = {"license_link": manifest.homepage} if manifest.homepage else {}
    return {"license": "other", "license_name": expression.lower().replace(" ", "-"), **link}


def _multilinguality(manifest: Manifest) -> str:
    if manifest.task == "translation":
        return "translation"
    return "monolingual" if len(manifest.languages) == 1 else "multilingual"


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "100M<n<1B")


def _annotators(manifest: Manifest) -> list[str]:
    known = {"H": "expert-generated", "M": "expert-generated", "G": "machine-generated"}
    return [known[manifest.label_origin]] if manifest.label_origin else []


def _tags(manifest: Manifest) -> list[str]:
    tags = ["patents", "benchmark", manifest.task, str(manifest.scheme or "").lower()]
    return [tag for tag in (*tags, "synthetic" if manifest.synthetic else "") if tag]


def _configs(manifest: Manifest) -> list[Fields]:
    """Which file is which split; each part of a search benchmark has columns of its own and is a configuration.

    The hub reads one format in a data set: files of another one than the first, such as judgments beside JSON
    Lines, are left out.
    """
    names = {part: manifest.data.files[part] for part in PARTS[manifest.task] if part in manifest.data.files}
    kinds = [found[1].lower() for name in names.values() if (found := _READABLE.search(name))]
    if manifest.data.folder_from or not kinds:
        return []
    files = {part: name for part, name in names.items() if name.lower().endswith(f".{kinds[0]}")}
    separator = {"sep": "\t"} if kinds[0] == "tsv" else {}
    if manifest.task == "search":
        return [
            {"config_name": part, "data_files": [{"split": "test", "path": name}], **separator}
            for part, name in files.items()
        ]
    paths = [{"split": part, "path": name} for part, name in files.items()]
    return [{"config_name": "default", "data_files": paths, **separator}]
