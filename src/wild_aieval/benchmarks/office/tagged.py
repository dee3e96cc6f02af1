"""Plain text with a name at the beginning of a line and indented lines that go on with it, as USPTO writes it."""

from __future__ import annotations

import re
from typing import NamedTuple

from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.office.report import RecordError

_LINE = re.compile(r"([A-Z][A-Z0-9]{2,3})(?:[ \t]+(.*)|[ \t]*)$")


class Line(NamedTuple):
    """A name with its content, lines that go on with it included."""

    name: str
    text: str


def tagged(content: bytes, origin: Origin) -> list[Line]:
    """The lines of a record. Lines without a name that are not indented belong to nothing and are left out.

    Raises:
        RecordError: where the bytes are no text.
    """
    if b"\0" in content:
        raise RecordError(origin, "wrong encoding", "holds zero bytes, so it is no text of one byte per character")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    found: list[tuple[str, list[str]]] = []
    for line in text.replace("\r", "").split("\n"):
        if match := _LINE.match(line):
            found.append((match[1], [(match[2] or "").strip()]))
        elif line[:1] in (" ", "\t") and line.strip() and found:
            found[-1][1].append(line.strip())
    return [Line(name, " ".join(filter(None, pieces))) for name, pieces in found]


def section(lines: list[Line], names: re.Pattern[str]) -> dict[str, list[list[Line]]]:
    """Lines by the section that they stand in; a section may come several times."""
    parts: dict[str, list[list[Line]]] = {}
    current: list[Line] = []
    for line in lines:
        if names.match(line.name):
            current = []
            parts.setdefault(line.name, []).append(current)
        else:
            current.append(line)
    return parts


def one(lines: list[Line], name: str) -> str:
    """The first content under that name, or ''."""
    return next((line.text for line in lines if line.name == name), "")


def texts(lines: list[Line], names: re.Pattern[str]) -> list[str]:
    """All content under those names that is not empty."""
    return [line.text for line in lines if names.match(line.name) and line.text]
