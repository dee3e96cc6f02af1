"""The fenced blocks of a page: what its reader types, and what the page says comes of it.

A block of ``bash`` is a step. One of ``text`` right after it shows output: each line must come in that order, ``…``
stands for anything, and frames of tables do not count. A comment above a step, which readers do not see, says
``<!-- exit code 1 -->`` or ``<!-- not run by the test: REASON -->``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

FENCE = re.compile(r"^```(\w*)$")
EXIT = re.compile(r"^<!-- exit code (\d+) -->$")
NOT_RUN = re.compile(r"^<!-- not run by the test: (.+) -->$")
FRAME = re.compile(r"[\u2500-\u257f]")


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown between steps, or a block in another language."""

    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """Commands of one block, from ``line`` of the page on; ``not_run`` says why the test leaves them out."""

    line: int
    commands: str
    shown: tuple[str, ...] = ()
    exit_code: int = 0
    not_run: str = ""


def read(page: Path) -> list[Prose | Step]:
    """The page in order; ValueError where a fence is open or a comment stands above no step."""
    found: list[Prose | Step] = []
    prose: list[str] = []
    exit_code, not_run = 0, ""
    lines = page.read_text(encoding="utf-8").split("\n")
    place = 0
    while place < len(lines):
        line = lines[place]
        if mark := EXIT.match(line):
            exit_code = int(mark[1])
        elif mark := NOT_RUN.match(line):
            not_run = mark[1]
        elif fence := FENCE.match(line):
            end = _end(lines, place, page)
            content, language = lines[place + 1 : end], fence[1]
            if language == "text" and found and not _said(prose) and isinstance(found[-1], Step):
                found[-1] = replace(found[-1], shown=(*found[-1].shown, *filter(str.strip, content)))
            elif language == "bash":
                _close(found, prose)
                found.append(Step(place + 1, "\n".join(content), (), exit_code, not_run))
                exit_code, not_run = 0, ""
            else:
                prose += lines[place : end + 1]
            place = end
        else:
            if (exit_code or not_run) and line.strip():
                raise ValueError(f"{page}, line {place + 1}: the comment above stands above no block of commands")
            prose.append(line)
        place += 1
    _close(found, prose)
    return found


def missing(shown: tuple[str, ...], output: str) -> str | None:
    """The first shown line that does not come in its place; None where all come."""
    rest = _plain(output)
    for line in shown:
        parts = (re.escape(part.strip()) for part in _plain(line).split("…"))
        match = re.search(r"\s?.*?\s?".join(parts), rest)
        if match is None:
            return line
        rest = rest[match.end() :]
    return None


def _end(lines: list[str], start: int, page: Path) -> int:
    for place in range(start + 1, len(lines)):
        if lines[place] == "```":
            return place
    raise ValueError(f"{page}, line {start + 1}: this block is never closed")


def _said(prose: list[str]) -> bool:
    return any(line.strip() for line in prose)


def _close(found: list[Prose | Step], prose: list[str]) -> None:
    if _said(prose):
        found.append(Prose("\n".join(prose).strip("\n")))
    prose.clear()


def _plain(text: str) -> str:
    """Without frames, and with one blank for any white space: tables and wrapped lines become one line."""
    return re.sub(r"\s+", " ", FRAME.sub(" ", text)).strip()
