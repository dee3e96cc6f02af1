"""CSV in UTF-8 with a byte order mark, which spreadsheet programs read rightly, and without anything they would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from wild_aieval.errors import UserError
from wild_aieval.review.forms.rows import FilledRow
from wild_aieval.review.forms.sheet import TICKET, Sheet

# A cell that begins so is taken for a formula. An apostrophe before it makes it text.
_RUNS = tuple("=+-@\t\r\n＝＋－＠")
_MARKED = (*_RUNS, "'")


def written(sheet: Sheet) -> bytes:
    """The file."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow([column.name for column in sheet.columns])
    writer.writerows([harmless(row.get(column.name, "")) for column in sheet.columns] for row in sheet.rows)
    return stream.getvalue().encode("utf-8-sig", "replace")


def read(path: Path) -> Iterator[FilledRow]:
    """Rows by column, whichever separator the spreadsheet program has chosen."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path}: this is not UTF-8. Save it as 'CSV UTF-8', or send back the workbook.") from None
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    csv.field_size_limit(2**24)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = next(reader, [])
        if TICKET not in header:
            raise UserError(
                f"{path}: the first line names no column '{TICKET}'. Send back the file as it was given out."
            )
        for number, cells in enumerate(reader, 2):
            if len(cells) > len(header):
                raise UserError(f"{path}, row {number}: it has more cells than the first line. Was text moved?")
            yield FilledRow(f"{path}, row {number}", dict(zip(header, map(original, cells), strict=False)))
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: no valid CSV ({error}). Send back the workbook.") from None


def harmless(text: str) -> str:
    """The text so that no spreadsheet program runs it."""
    return f"'{text}" if text.startswith(_MARKED) else text


def original(text: str) -> str:
    """The text that was made harmless."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_MARKED) else text
