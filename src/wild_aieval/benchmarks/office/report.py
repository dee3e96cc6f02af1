"""What came of reading: per file its formats, records taken, what was skipped and why, with a few examples each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.errors import UserError

EXAMPLES = 3
FILES = 1_000
REASONS = 50
LENGTH = 500


def shown(text: str) -> str:
    """Text of a file as a report may print it: no control characters, not endless."""
    cut = text if len(text) <= LENGTH else f"{text[:LENGTH]}…"
    return "".join(one if one.isprintable() else "\ufffd" for one in cut)


class RecordError(UserError):
    """A record that cannot be used. ``reason`` names the kind of fault, so that equal ones are counted."""

    def __init__(self, origin: Origin, reason: str, detail: str) -> None:
        super().__init__(f"{origin}: {shown(detail)}")
        self.origin = origin
        self.reason = shown(reason)


class NoRecords(RecordError):  # noqa: N818  named for what it says
    """Not a fault: a document of a kind that holds no patent publications, such as a table of contents."""


@dataclass(slots=True)
class Counts:
    """Reasons with how often each was met, and the first few places."""

    numbers: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, example: str) -> None:
        """Count ``reason`` once more; beyond so many reasons, together."""
        if reason not in self.numbers and len(self.numbers) >= REASONS:
            reason = "other reasons"
        self.numbers[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(example)

    def as_list(self) -> list[dict[str, Any]]:
        """Plain data, the most frequent first."""
        return [
            {"reason": reason, "count": count, "examples": self.examples[reason]}
            for reason, count in self.numbers.most_common()
        ]


@dataclass(slots=True)
class FileReport:
    """What came of one file: publications by format; records with faults; documents that hold no publications."""

    taken: Counter[str] = field(default_factory=Counter)
    skipped: Counts = field(default_factory=Counts)
    left: Counts = field(default_factory=Counts)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "taken": sum(self.taken.values()),
            "formats": dict(self.taken),
            "skipped": self.skipped.as_list(),
            "without_records": self.left.as_list(),
        }


@dataclass(slots=True)
class Report:
    """The whole reading. With ``strict`` the first record with a fault is raised instead of counted."""

    strict: bool = False
    total: FileReport = field(default_factory=FileReport)
    files: dict[str, FileReport] = field(default_factory=dict)
    more_files: int = 0
    _last: str = ""

    def take(self, origin: Origin) -> None:
        """One publication was read."""
        for place in self._places(origin):
            place.taken[origin.format] += 1

    def skip(self, fault: RecordError) -> None:
        """Something that should have been a record, or may hide records, cannot be used."""
        if isinstance(fault, NoRecords):
            self.leave(fault)
            return
        if self.strict:
            raise fault
        for place in self._places(fault.origin):
            place.skipped.add(fault.reason, str(fault))

    def leave(self, what: RecordError) -> None:
        """Something holds no records by its kind."""
        for place in self._places(what.origin):
            place.left.add(what.reason, str(what))

    def _places(self, origin: Origin) -> Iterator[FileReport]:
        yield self.total
        if origin.file in self.files or len(self.files) < FILES:
            yield self.files.setdefault(origin.file, FileReport())
        elif origin.file != self._last:
            self.more_files += 1
        self._last = origin.file

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; files beyond the first thousand are in the total only."""
        files = {name: report.as_dict() for name, report in self.files.items()}
        return {"total": self.total.as_dict(), "files": files, "files_not_listed": self.more_files}

    def lines(self) -> list[str]:
        """For people: one line per file and reason."""
        return [line for name, report in self.files.items() for line in _lines(name, report)]

    def in_short(self) -> list[str]:
        """The same, but what was taken by format only; a line for each file with something that was not."""
        files = Counter(kind for report in self.files.values() for kind in report.taken)
        taken = [f"{_many(count)} ({kind}) in {files[kind]:,} files" for kind, count in self.total.taken.most_common()]
        return taken + [line for name, report in self.files.items() for line in _unused(name, report)]


def _lines(name: str, report: FileReport) -> Iterator[str]:
    for kind, count in report.taken.items():
        yield f"{name}: {_many(count)} ({kind})"
    yield from _unused(name, report)


def _many(count: int) -> str:
    return f"{count:,} {'publication' if count == 1 else 'publications'}"


def _unused(name: str, report: FileReport) -> Iterator[str]:
    for counts in (report.skipped, report.left):
        for reason, count in counts.numbers.most_common():
            first = counts.examples[reason][0]
            yield first if count == 1 else f"{name}: {count:,} times: {reason}; first: {first}"
