"""What a check is given: manifest, rows with their places, and what only the raw rows showed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from wild_aieval.benchmarks.checks.finding import EXAMPLES, Finding, Severity
from wild_aieval.benchmarks.manifest import Manifest

Fields = dict[str, Any]
Placed = tuple[str, Fields]
Watch = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

SHOWN = 60  # characters of a text in an example
_TEXTS: dict[str, dict[str, tuple[str, ...]]] = {
    "classification": {"train": ("title", "text"), "test": ("title", "text")},
    "translation": {"test": ("source", "target")},
    "search": {"corpus": ("title", "text"), "queries": ("title", "text", "abstract", "claims")},
}


class Text(NamedTuple):
    """One text of a row: ``where`` it stands, its row's ``id``, its field, and the languages it may be in."""

    where: str
    part: str
    id: str
    field: str
    text: str
    languages: tuple[str, ...]


class RawSymbol(NamedTuple):
    """A symbol as it stands in the file."""

    where: str
    field: str
    text: str


@dataclass(slots=True)
class Hits:
    """Places of one kind: all are counted, the first few are kept."""

    limit: int = EXAMPLES
    count: int = 0
    where: str = ""
    examples: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)

    def add(self, where: str, text: str) -> None:
        """Count one; ``text`` says what is there."""
        self.where = self.where or where
        self.count += 1
        self.files.add(where.rpartition(", ")[0])
        if len(self.examples) < self.limit:
            self.examples.append(f"{where}: {text}" if where else text)

    @property
    def first(self) -> str:
        """The first example, '' where there is none."""
        return self.examples[0] if self.examples else ""

    def finding(self, code: str, severity: Severity, message: str) -> Iterator[Finding]:
        """A finding, where there was a hit: at its line, or of several hits at the file that all of them are in."""
        if self.count:
            where = self.where if self.count == 1 else next(iter(self.files)) if len(self.files) == 1 else ""
            yield Finding(code, severity, message, where, tuple(self.examples))


@dataclass(slots=True)
class Raw:
    """What is seen while rows are read, before they are checked. Ids of faulty rows count as existing."""

    ids: dict[str, set[str]] = field(default_factory=dict)
    malformed: list[RawSymbol] = field(default_factory=list)
    formulas: Hits = field(default_factory=Hits)


def _silent(title: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
    del title, total
    return nullcontext(lambda count: None)


@dataclass(frozen=True, slots=True)
class Subject:
    """A benchmark under check: ``parts`` holds the rows without a fault, places being relative to ``folder``."""

    manifest: Manifest
    folder: Path
    parts: dict[str, list[Placed]]
    raw: Raw = field(default_factory=Raw)
    watch: Watch = _silent

    @property
    def task(self) -> str:
        """The task of the manifest."""
        return self.manifest.task

    def rows(self, part: str) -> list[Placed]:
        """The rows of a part; none where the benchmark has no such part."""
        return self.parts.get(part, [])

    def texts(self) -> Iterator[Text]:
        """Every text that is not empty, in the order of parts and rows."""
        for part, names in _TEXTS[self.task].items():
            for where, fields in self.rows(part):
                for name in names:
                    if text := _joined(fields.get(name)):
                        yield Text(where, part, str(fields["id"]), name, text, self._languages(fields, name))

    def _languages(self, fields: Fields, name: str) -> tuple[str, ...]:
        if self.task == "translation":
            stated = self.manifest.source_language if name == "source" else self.manifest.target_language
            return (str(stated),)
        return (fields["language"],) if fields.get("language") else tuple(self.manifest.languages)


def _joined(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")


def shown(text: str, length: int = SHOWN) -> str:
    """The beginning of a text on one line, in quotes."""
    line = " ".join(text.split())
    return f"'{line[:length]}…'" if len(line) > length else f"'{line}'"


def around(text: str, start: int, end: int, width: int = 25) -> str:
    """What stands around a place in a text, in quotes, on one line; control characters as escapes."""
    cut = re.sub(r"\s+", " ", text[max(0, start - width) : end + width])
    line = "".join(
        sign if sign.isprintable() else "\\u" + format(ord(sign), "04x") for sign in " ".join(cut.split(" "))
    )
    return f"'{'…' if start > width else ''}{line}{'…' if end + width < len(text) else ''}'"


def many(count: int, one: str, more: str) -> str:
    """'1 text', '1,200 texts'."""
    return f"{count:,} {one if count == 1 else more}"
