"""Values inside a row that are more than text: symbols, lists of symbols, terms of a glossary."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from wild_aieval.benchmarks.faults import RowError
from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.standards import ipc

LISTS = ("symbols", "terms", "claims")
_BEFORE_CLAIMS = r"\A(?:[^\n:\d]{0,60}[:\n]\s*)?"  # such as "What is claimed is:"
_AFTER_CLAIM = r"(?:^[ \t]*|(?<=\.)\s+|(?<=。)\s*)"


def whole(text: str, where: str, field: str) -> str:
    """The text; RowError where it holds half a character, which no file, digest or model could take."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise RowError(
            where,
            "broken characters",
            f"the field '{field}' holds half a character at position {error.start + 1} (a lone surrogate). Mend it.",
        ) from None
    return text


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


def claims(value: Any, where: str) -> list[str]:
    """The claims without their numbers: of a list, or of one text in which they are numbered from 1.

    A text without numbers is one claim. A number within a line counts only after the end of a sentence.
    """
    if value is None or isinstance(value, str):
        return _numbered(whole(value or "", where, "claims").strip())
    if isinstance(value, list | tuple) and all(isinstance(claim, str) for claim in value):
        texts = [whole(claim, where, "claims").strip() for claim in value if claim.strip()]
        return [re.sub(rf"\A{_number(place)}", "", text) for place, text in enumerate(texts, 1)]
    raise RowError(where, "claims", "the field 'claims' is expected to be a list of texts, or one text.")


def _numbered(text: str) -> list[str]:
    found = re.search(_BEFORE_CLAIMS + _number(1), text)
    if found is None:
        return [text] if text else []
    # Steps within a claim are mostly numbered in another way than the claims: "1. A method of 1) heating, 2) cutting."
    parts: list[str] = []
    start, mark = found.end(), re.escape(found["mark"])
    while found := re.compile(_AFTER_CLAIM + _number(len(parts) + 2, mark), re.MULTILINE).search(text, start):
        parts.append(text[start : found.start()].strip())
        start = found.end()
    return [*parts, text[start:].strip()]


def _number(place: int, mark: str = "[.)．、]") -> str:
    """The number of a claim at the beginning of its text; '1.5 mm' is none."""
    return rf"{place}[ \t]*(?P<mark>{mark})\s*(?=[^\W\d_])"


def terms(value: Any, where: str) -> list[dict[str, Any]]:
    """Glossary terms: ``[{"source": …, "targets": […]}]``, or the same as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except json.JSONDecodeError as error:
            raise RowError(where, "terms", f"'terms' is not a JSON list ({error.msg}).") from None
        except (ValueError, RecursionError) as error:
            raise RowError(where, "terms", f"'terms' is not a usable JSON list ({error}).") from None
    if value is not None and not isinstance(value, list | tuple):
        raise RowError(where, "terms", f"'terms' is expected to be a list, found {type(value).__name__}.")
    clean = []
    for term in value or []:
        if not isinstance(term, Mapping) or not term.get("source") or not term.get("targets"):
            detail = f"each entry of 'terms' is {{'source': …, 'targets': [… ]}}, found {str(term)[:80]!r}."
            raise RowError(where, "terms", detail)
        targets = [term["targets"]] if isinstance(term["targets"], str) else term["targets"]
        if not isinstance(targets, list | tuple) or isinstance(term["source"], list | tuple | Mapping):
            detail = f"'source' of a term is a text, 'targets' a text or a list of texts; found {str(term)[:80]}."
            raise RowError(where, "terms", detail)
        texts = [whole(str(text), where, "terms") for text in (term["source"], *targets)]
        clean.append({"source": texts[0], "targets": texts[1:]})
    return clean
