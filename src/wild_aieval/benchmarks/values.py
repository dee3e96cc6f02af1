"""Values inside a row that are more than text: symbols, lists of symbols, terms of a glossary."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from wild_aieval.benchmarks.faults import RowError
from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.standards import ipc

LISTS = ("symbols", "terms")


def symbol(manifest: Manifest, text: str, where: str, field: str) -> str:
    """The symbol as it is printed, if it is one of the scheme and reaches the level of the labels."""
    found = ipc.parse_symbol(text)
    foreign = found is not None and manifest.scheme == "IPC" and found.startswith("Y")
    if found is None or foreign or ipc.truncate(found, manifest.label_level) is None:
        raise RowError(
            where,
            "malformed symbol",
            f"'{text}' in '{field}' is not a symbol of the {manifest.scheme} down to the level "
            f"'{manifest.label_level}' (expected such as 'A61B 5/0205'). Mend the symbol, or import with --skip-bad.",
        )
    return found


def as_list(value: Any, where: str, field: str) -> list[str]:
    """A list of texts, or one text whose members are parted by ';', '|', ',' or line breaks."""
    if value is None:
        return []
    if isinstance(value, str):
        parts = (part.strip(" \t\r'\"") for part in re.split(r"[;|,\n]", value.strip().strip("[]")))
        return [part for part in parts if part]
    if isinstance(value, list | tuple):
        return [str(part) for part in value]
    raise RowError(
        where, f"{field} is no list", f"the field '{field}' is expected to be a list, found {type(value).__name__}."
    )


def terms(value: Any, where: str) -> list[dict[str, Any]]:
    """Glossary terms: ``[{"source": …, "targets": […]}]``, or the same as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except json.JSONDecodeError as error:
            raise RowError(where, "terms", f"'terms' is not a JSON list ({error.msg}).") from None
    if value is not None and not isinstance(value, list | tuple):
        raise RowError(where, "terms", f"'terms' is expected to be a list, found {type(value).__name__}.")
    clean = []
    for term in value or []:
        if not isinstance(term, Mapping) or not term.get("source") or not term.get("targets"):
            detail = f"each entry of 'terms' is {{'source': …, 'targets': [… ]}}, found {term!r}."
            raise RowError(where, "terms", detail)
        targets = [term["targets"]] if isinstance(term["targets"], str) else term["targets"]
        clean.append({"source": str(term["source"]), "targets": [str(target) for target in targets]})
    return clean
