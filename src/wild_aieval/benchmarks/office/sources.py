"""Records of a file, a folder or an archive, in order, one at a time."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from wild_aieval.benchmarks.office.archives import Unpacked, attached, leave_attached, streams
from wild_aieval.benchmarks.office.limits import LIMITS, Limits
from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.office.report import RecordError, Report
from wild_aieval.benchmarks.office.split import Record, split
from wild_aieval.errors import UserError

__all__ = ["Record", "records"]


def records(path: Path, report: Report, limits: Limits = LIMITS) -> Iterator[Record]:
    """Every record below ``path``; whatever is left out is told to ``report``.

    Raises:
        UserError: where there is no such file or folder.
        RecordError: for the first fault, where the report is strict.
    """
    if path.is_dir():
        for name, file in _files(path, report):
            yield from _file_records(file, name, report, limits)
    elif path.is_file():
        yield from _file_records(path, path.name, report, limits)
    else:
        raise UserError(f"{path}: there is no such file or folder; give a file, an archive or a folder of them.")


def _files(folder: Path, report: Report) -> Iterator[tuple[str, Path]]:
    """Regular files below the folder, sorted; links are not followed."""
    for entry in sorted(folder.iterdir()):
        yield from _entry(entry, folder, report)


def _entry(entry: Path, top: Path, report: Report) -> Iterator[tuple[str, Path]]:
    name = entry.relative_to(top).as_posix()
    if entry.is_symlink():
        inside = entry.resolve().is_relative_to(top.resolve())
        detail = "leads to a file of this folder, which is read there" if inside else "leads out of the folder"
        report.skip(RecordError(Origin(name), "link", f"is a link that {detail}; put the file itself here to read it"))
    elif entry.is_dir():
        for below in sorted(entry.iterdir()):
            yield from _entry(below, top, report)
    elif not stat.S_ISREG(entry.stat().st_mode):
        report.skip(RecordError(Origin(name), "not a regular file", "is a pipe, socket or device; it was left out"))
    elif attached(name):
        leave_attached(Origin(name), report)
    else:
        yield name, entry


def _file_records(path: Path, name: str, report: Report, limits: Limits) -> Iterator[Record]:
    origin = Origin(name)
    try:
        with path.open("rb") as file:
            for member, stream in streams(file, origin, report, Unpacked(limits)):
                try:
                    yield from split(stream, member, report, limits)
                except RecordError as fault:
                    report.skip(fault)
    except RecordError as fault:
        report.skip(fault)
    except OSError as error:
        report.skip(RecordError(origin, "cannot be read", f"cannot be read: {error.strerror or error}"))
