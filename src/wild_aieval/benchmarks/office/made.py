"""Rows of a benchmark made from publications, with where each comes from and what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wild_aieval.benchmarks.faults import RowError, Tally
from wild_aieval.benchmarks.office.join import Joined
from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.readers.rows import Row


@dataclass(slots=True)
class Made:
    """``parts``: rows by part. ``provenance``: by part and id of a row, where its records stood.

    ``left_out``: counted by reason. ``notes``: sentences for the card. ``about``: fields of the manifest that follow
    from the rows.
    """

    parts: dict[str, list[Row]]
    left_out: Tally = field(default_factory=lambda: Tally(tolerant=True))
    provenance: dict[str, dict[str, tuple[Origin, ...]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    def add(self, part: str, joined: Joined, fields: dict[str, Any]) -> None:
        """One row, which has an id."""
        self.parts[part].append(Row(str(joined.origins[0]), fields))
        self.provenance.setdefault(part, {})[fields["id"]] = joined.origins

    def leave(self, joined: Joined, reason: str, detail: str) -> None:
        """A publication is not taken."""
        self.left_out.skip(RowError(_place(joined), reason, detail))

    def drop(self, joined: Joined, reason: str, detail: str) -> None:
        """A citation, claim or title of a publication is not taken."""
        self.left_out.drop(RowError(_place(joined), reason, detail))

    def provenance_rows(self) -> Iterator[dict[str, Any]]:
        """Lines for ``provenance.jsonl``: part, id, file, member, offset, format; one for each record of a row."""
        for part, rows in self.provenance.items():
            for name, origins in rows.items():
                for origin in origins:
                    place = {"file": origin.file, "member": origin.member, "offset": origin.offset}
                    yield {"part": part, "id": name, **place, "format": origin.format}


def _place(joined: Joined) -> str:
    return f"{joined.publication.id} ({joined.origins[0]})"
