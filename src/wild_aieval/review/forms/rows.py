"""A row as it came back, whatever the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class FilledRow(NamedTuple):
    """``where``: file and row, for messages; ``cells``: values by column."""

    where: str
    cells: Mapping[str, Any]

    def text(self, column: str) -> str:
        """A cell as text: 4.0, as some programs save a 4, is 4."""
        value = self.cells.get(column)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        if isinstance(value, list | tuple):
            return "; ".join(map(str, value))
        return str(value).strip()
