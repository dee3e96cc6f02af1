"""Titles of classification symbols from a file that lies outside the project: CSV, TSV or JSON Lines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from wild_aieval.errors import UserError
from wild_aieval.standards import ipc

LowerCase = Literal["capitals", "always", "never"]
_FORMATS = {".csv": ",", ".tsv": "\t", ".jsonl": "", ".ndjson": ""}
_REFERENCE = re.compile(r"\s*\([^()]*\)")


class Title(NamedTuple):
    """What a symbol stands for, in the words of the scheme."""

    symbol: str
    text: str


def read_titles(file: Path, owner: str) -> list[Title]:
    """The titles in the file's order, symbols in their printed form; rows with an empty title are left out.

    UserError with file and line where a row has no symbol of the scheme, or a symbol comes twice.
    """
    found: dict[str, Title] = {}
    for where, row in _rows(file, owner):
        if "symbol" not in row or "title" not in row:
            raise UserError(
                f"{owner}: {where}: expected the columns 'symbol' and 'title', found "
                f"{', '.join(map(str, row)) or 'none'}. Name the columns so."
            )
        symbol = ipc.parse_symbol(str(row["symbol"]))
        if symbol is None or symbol in found:
            fault = "is no classification symbol (expected such as 'A61B' or 'A61B 5/00')"
            raise UserError(f"{owner}: {where}: '{row['symbol']}' {'comes twice' if symbol else fault}. Mend the row.")
        if str(row["title"] or "").strip():
            found[symbol] = Title(symbol, " ".join(str(row["title"]).split()))
    if not found:
        raise UserError(f"{owner}: {file} holds no titles. Expected rows with 'symbol' and 'title'.")
    return list(found.values())


def shown(title: str, lower_case: LowerCase, references: bool) -> str:
    """The title as the encoder reads it: references in parentheses kept or not, ALL CAPS in lower case or not."""
    text = title
    while not references and (shorter := _REFERENCE.sub("", text)) != text:
        text = shorter  # innermost first
    text = text.strip() or title
    lowered = lower_case == "always" or (lower_case == "capitals" and text == text.upper())
    return text.lower() if lowered else text


def level_of(symbol: str) -> str:
    """The level of a parsed symbol, as in ``ipc.LEVELS``; a main group is written ``A61B 5/00``."""
    if len(symbol) > 4:
        return "main_group" if symbol.endswith("/00") else "subgroup"
    return {1: "section", 3: "class", 4: "subclass"}[len(symbol)]


def with_parents(titles: Mapping[str, str]) -> dict[str, str]:
    """Each title after those of its subclass and main group, where they are known: entries are read in context."""
    full = {}
    for symbol, own in titles.items():
        above = [ipc.truncate(symbol, level) for level in ("subclass", "main_group")]
        parts = [titles[parent] for parent in above if parent and parent != symbol and parent in titles]
        full[symbol] = ": ".join([*parts, own])
    return full


def _rows(file: Path, owner: str) -> Iterator[tuple[str, dict[str, Any]]]:
    delimiter = _FORMATS.get(file.suffix.lower())
    if delimiter is None or not file.is_file():
        raise UserError(
            f"{owner}: there is no file of titles '{file}'. Set model.titles to a file with the columns symbol and "
            f"title, in one of the formats {', '.join(_FORMATS)}."
        )
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            if delimiter:
                reader = csv.DictReader(stream, delimiter=delimiter)
                yield from ((f"{file}, line {reader.line_num}", row) for row in reader)
            else:
                lines = ((number, line) for number, line in enumerate(stream, 1) if line.strip())
                yield from ((f"{file}, line {number}", _object(line)) for number, line in lines)
    except (ValueError, csv.Error) as error:
        raise UserError(
            f"{owner}: {file} cannot be read as UTF-8 {file.suffix[1:]} ({error}). Mend the file."
        ) from None


def _object(line: str) -> dict[str, Any]:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(f"expected an object on each line, found {line.strip()[:40]!r}")
    return row
