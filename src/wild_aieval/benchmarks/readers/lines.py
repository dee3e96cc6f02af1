"""Plain parallel files: one file per language, a segment a line, as NTCIR, WAT and PatTR publish them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from wild_aieval.benchmarks.faults import STOP, Faults, RowError
from wild_aieval.benchmarks.readers.markup import Pair
from wild_aieval.benchmarks.readers.rows import Row, decoded, existing
from wild_aieval.errors import UserError

LANGUAGE = "{language}"


def read_lines(path: Path, pair: Pair, faults: Faults = STOP) -> Iterator[Row]:
    """A row for each line that is not empty in both files: id (the number of the line), source, target.

    ``path`` has '{language}' in its name, which stands for the tag of a language. Where there is such a file
    for 'meta', the columns of its lines are the fields ``meta1``, ``meta2`` and so on.
    """
    paths = _files(path, pair)
    streams = [file.open("rb") for file in paths]
    try:
        for number, lines in enumerate(zip_longest(*streams), 1):
            if None in lines:
                raise _uneven(paths[lines.index(None)], number - 1, paths)
            try:
                texts = [
                    decoded(line, f"{file}, line {number}").rstrip("\r\n")
                    for file, line in zip(paths, lines, strict=True)
                ]
            except RowError as fault:
                faults.skip(fault)
                continue
            if any(text.strip() for text in texts[:2]):
                meta = {f"meta{place}": text for place, text in enumerate("\t".join(texts[2:]).split("\t"), 1) if text}
                where = f"{paths[0]}, line {number}"
                yield Row(where, {"id": str(number), "source": texts[0], "target": texts[1], **meta})
    finally:
        for stream in streams:
            stream.close()


def pattern(name: str, tags: tuple[str, ...]) -> str:
    """The name of one of the files with '{language}' in the place of the last tag in it; '' where it has none."""
    for tag in tags:
        found = [*re.finditer(rf"(?<![^\W_]){re.escape(tag)}(?![^\W_])", name)]
        if tag and found:
            return name[: found[-1].start()] + LANGUAGE + name[found[-1].end() :]
    return ""


def _files(path: Path, pair: Pair) -> list[Path]:
    if LANGUAGE not in path.name:
        raise UserError(
            f"{path}: the name of parallel files needs '{LANGUAGE}', such as 'test.{LANGUAGE}' for test.{pair.source} "
            f"and test.{pair.target}. Mend data.files."
        )
    meta = path.with_name(path.name.replace(LANGUAGE, "meta"))
    return [
        *(existing(path.with_name(path.name.replace(LANGUAGE, tag))) for tag in pair),
        *([existing(meta)] if meta.is_file() else []),
    ]


def _uneven(short: Path, count: int, paths: list[Path]) -> UserError:
    others = " and ".join(str(path) for path in paths if path != short)
    return UserError(
        f"{short}: the file ends after line {count:,}, while {others} goes on. Line n of each file belongs to "
        "line n of the other: restore the missing lines."
    )
