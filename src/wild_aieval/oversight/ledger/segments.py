"""The files of a ledger: ``ledger.jsonl``, then ``ledger-0002.jsonl`` and on, each begun when the last is sealed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path


def segment(path: Path, number: int) -> Path:
    """The file of the segment with this number, from 1."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number:04d}{path.suffix}")


def existing(path: Path) -> list[int]:
    """Numbers of the segments that are here, in order."""
    pattern = re.compile(re.escape(path.stem) + r"-(\d{4,})" + re.escape(path.suffix))
    names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    later = [int(match[1]) for name in names if (match := pattern.fullmatch(name))]
    return sorted({*([1] if path.is_file() else []), *(number for number in later if number > 1)})


def whole_lines(content: bytes, file: Path, first: int = 1) -> Iterator[tuple[str, bytes]]:
    """(place, line) of each line that has its end; what comes after the last end is torn and left out."""
    for number, raw in enumerate(content.split(b"\n")[:-1], first):
        yield f"{file}, line {number}", raw + b"\n"
