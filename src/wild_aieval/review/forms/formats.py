"""Which format a file has, by how its name ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from wild_aieval.errors import UserError
from wild_aieval.review.forms import csv_form, json_forms, xlsx_form
from wild_aieval.review.forms.rows import FilledRow
from wild_aieval.review.forms.sheet import Sheet


class Format(NamedTuple):
    """How a file is written and read; ``beside``: what belongs to it, in a file of its own."""

    written: Callable[[Sheet], bytes]
    read: Callable[[Path], Iterator[FilledRow]]
    beside: Callable[[Sheet], bytes] | None = None


_FORMATS = {
    ".xlsx": Format(xlsx_form.written, xlsx_form.read),
    ".csv": Format(csv_form.written, csv_form.read),
    ".jsonl": Format(json_forms.lines_written, json_forms.lines_read),
    ".json": Format(json_forms.tasks_written, json_forms.tasks_read, json_forms.labelling_config),
}


def format_of(path: Path) -> Format:
    """The format of a file; UserError for an ending that stands for none."""
    if path.suffix.lower() not in _FORMATS:
        raise UserError(
            f"{path}: files to fill in end with .xlsx, .csv, .jsonl, or .json for Label Studio. Rename it, or save it "
            "as one of these."
        )
    return _FORMATS[path.suffix.lower()]
