"""Records of a file, a folder or an archive, in order, one at a time."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from wild_aieval.benchmarks.office.archives import attached, leave_attached, streams
from wild_aieval.benchmarks.office.guarded import Unpacked
from wild_aieval.benchmarks.office.limits import LIMITS, Limits
from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.office.report import NoRecords, RecordError, Report, shown
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
        for name, file in _files(path, path, report):
            yield from _file_records(file, name, report, limits)
    elif path.is_file():
        yield from _file_records(path, shown(path.name), report, limits)
    else:
        raise UserError(f"{path}: there is no such file or folder; give a file, an archive or a folder of them.")


def _files(folder: Path, top: Path, report: Report) -> Iterator[tuple[str, Path]]:
    """Regular files below the folder, sorted; links are not followed."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        report.skip(RecordError(Origin(_name(folder, top)), "cannot be read", f"cannot be read: {error.strerror}"))
        return
    for entry in entries:
        yield from _entry(entry, top, report)


def _name(entry: Path, top: Path) -> str:
    return shown(entry.relative_to(top).as_posix())


def _entry(entry: Path, top: Path, report: Report) -> Iterator[tuple[str, Path]]:
    name = _name(entry, top)
    if entry.is_symlink():
        _tell_link(entry, Origin(name), top, report)
    elif entry.is_dir():
        yield from _files(entry, top, report)
    elif not stat.S_ISREG(entry.stat().st_mode):
        report.skip(RecordError(Origin(name), "not a regular file", "is a pipe, socket or device; it was left out"))
    elif attached(name):
        leave_attached(Origin(name), report)
    else:
        yield name, entry


def _tell_link(entry: Path, origin: Origin, top: Path, report: Report) -> None:
    """Links are not followed: what they lead to is read where it is, or stands outside."""
    try:
        inside = entry.resolve(strict=True).is_relative_to(top.resolve())
    except (OSError, RuntimeError):
        inside = False
    if inside:
        report.leave(NoRecords(origin, "link within the folder", "is a link within the folder; its target is read"))
        return
    detail = "is a link that leads out of the folder or nowhere; put the file itself here to read it"
    report.skip(RecordError(origin, "link", detail))


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
