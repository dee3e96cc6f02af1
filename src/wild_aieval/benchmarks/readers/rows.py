"""A row as it stands in a file, with the place that an error message names."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from wild_aieval.benchmarks.faults import RowError
from wild_aieval.errors import UserError


class Row(NamedTuple):
    """Plain fields and ``where``: 'file, line N' (or record N)."""

    where: str
    fields: dict[str, Any]


def existing(path: Path) -> Path:
    """The path, if there is a file that is not empty."""
    if not path.is_file():
        near = sorted(p.name for p in path.parent.glob("*")) if path.parent.is_dir() else []
        listing = f" The folder holds: {', '.join(near[:12])}." if near else " The folder does not exist either."
        raise UserError(f"{path}: there is no such file.{listing} Mend data.files in the manifest, or the file's name.")
    if path.stat().st_size == 0:
        raise UserError(f"{path}: the file is empty. Fill it, or take its entry out of data.files.")
    return path


def decoded(raw: bytes, where: str) -> str:
    """UTF-8 text of one line, without a byte order mark; a RowError names the first wrong byte."""
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowError(
            where,
            "not UTF-8",
            f"byte {error.start + 1} ({raw[error.start]:#04x}) is not UTF-8. Save the file as UTF-8, "
            "for example with 'iconv -f LATIN1 -t UTF-8'.",
        ) from None
