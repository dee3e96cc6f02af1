"""The rows of a file of outputs, whatever its format: JSON Lines, CSV, TSV, XLSX, TREC run, plain lines.

Bad files are a UserError that names file, line and column.
"""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from wild_aieval.confidentiality.quoting import named
from wild_aieval.errors import Unavailable, UserError
from wild_aieval.models.json_answers import json_object

FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".xlsx": "xlsx",
    ".trec": "trec",
    ".run": "trec",
    ".txt": "lines",
}
_LARGEST_WORKBOOK = 2**30  # bytes after unpacking
_LONGEST_FIELD = 100_000_000
_MOST_COLUMNS = 16_384  # as many as a spreadsheet has
_TREC = ("id", "q0", "document", "rank", "score", "tag")


class Row(NamedTuple):
    """``where`` names file and line; ``fields`` by column as they stand there."""

    where: str
    fields: dict[str, Any]


class Source(NamedTuple):
    """A file in memory, and how it is read."""

    path: str
    content: bytes
    encoding: str = "utf-8"
    delimiter: str = ""
    sheet: str = ""


def text_lines(source: Source) -> list[str]:
    """Decoded lines without their ends; the last line end closes a line and opens none."""
    lines = _decoded(source).replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def jsonl(source: Source) -> Iterator[Row]:
    """One JSON object a line; blank lines are left out."""
    for number, line in enumerate(text_lines(source), 1):
        where = f"{source.path}, line {number}"
        try:
            if line.strip():
                yield Row(where, json_object(line))
        except ValueError as fault:
            raise UserError(f"{where}: {fault}. Each line holds one JSON object; mend this line.") from None


def separated(source: Source) -> Iterator[Row]:
    """A header line, then one record a line; quoted fields may hold separators and line breaks."""
    csv.field_size_limit(_LONGEST_FIELD)
    delimiter = source.delimiter or ","
    reader = csv.reader(io.StringIO(_decoded(source), newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        header = _header([name.strip() for name in next(reader, [])], f"{source.path}, line 1", delimiter)
        start = reader.line_num + 1
        for record in reader:
            where, start = f"{source.path}, line {start}", reader.line_num + 1
            if not any(record):
                continue
            if len(record) != len(header):
                raise UserError(
                    f"{where}: expected {len(header)} fields ({', '.join(header)}), found {len(record)}. Put fields "
                    f"that hold '{delimiter}' or a line break into double quotes."
                )
            yield Row(where, dict(zip(header, record, strict=True)))
    except csv.Error as error:
        raise UserError(
            f"{source.path}, record that starts at line {start}: not valid quoted text ({error}). Close the quotes "
            "there, and write a quote inside a field twice."
        ) from None


def trec(source: Source) -> Iterator[Row]:
    """``query Q0 document rank score tag``, separated by white space."""
    for number, line in enumerate(text_lines(source), 1):
        parts = line.split()
        if parts and len(parts) != len(_TREC):
            raise UserError(
                f"{source.path}, line {number}: expected six fields of a TREC run (query Q0 document rank score tag), "
                f"found {len(parts)}: {named(line)}."
            )
        if parts:
            yield Row(f"{source.path}, line {number}", dict(zip(_TREC, parts, strict=True)))


def workbook(source: Source) -> Iterator[Row]:
    """A sheet of an XLSX workbook whose first row is the header; nothing in it is evaluated."""
    book = _opened(source)
    try:
        if source.sheet and source.sheet not in book.sheetnames:
            names = ", ".join(book.sheetnames)
            raise UserError(f"{source.path}: there is no sheet '{source.sheet}'. The workbook has: {names}.")
        sheet = book[source.sheet] if source.sheet else book.worksheets[0]
        sheet.reset_dimensions()  # what a workbook says of its size may be wrong
        header: list[str] = []
        for number, cells in enumerate(sheet.iter_rows(), 1):
            where = f"{source.path}, sheet '{sheet.title}', row {number}"
            values = [_cell(cell, where) for cell in cells]
            if not header:
                header = _header([str(value).strip() for value in values], where, "")
            elif any(value != "" for value in values):
                width = max(len(header), len(values))
                heads = [*header, *[""] * (width - len(header))]
                if extra := [value for name, value in zip(heads, values, strict=False) if not name and value != ""]:
                    raise UserError(f"{where}: {named(extra[0])} stands in a column without a name in the header.")
                yield Row(where, dict(zip(header, [*values, *[""] * (width - len(values))], strict=False)))
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  a damaged sheet fails wherever openpyxl believes it
        raise _unreadable(source, error) from None
    finally:
        book.close()


def _opened(source: Source) -> Any:
    try:
        import openpyxl
    except ImportError:
        raise Unavailable(
            f"{source.path}: workbooks are read by openpyxl, which is not installed. Install it with: "
            "pip install 'wild-aieval[xlsx]', or save the sheet as CSV in UTF-8."
        ) from None
    try:
        with zipfile.ZipFile(io.BytesIO(source.content)) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > _LARGEST_WORKBOOK:
            raise UserError(
                f"{source.path}: the workbook unpacks to {size:,} bytes, which is too much. Save it as CSV."
            )
        return openpyxl.load_workbook(io.BytesIO(source.content), read_only=True, data_only=False, keep_links=False)
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  a damaged workbook fails in as many ways as it has parts
        raise _unreadable(source, error) from None


def _unreadable(source: Source, error: Exception) -> UserError:
    return UserError(
        f"{source.path}: this is no XLSX workbook that can be read ({type(error).__name__}: {str(error)[:120]}). "
        "Save it as .xlsx without a password, or as CSV in UTF-8."
    )


def _cell(cell: Any, where: str) -> Any:
    value = cell.value
    if value is None:
        return ""
    place = f"{where}, cell {cell.coordinate}"
    if cell.data_type == "f":
        raise UserError(f"{place} holds a formula, and formulas are not evaluated. Paste the values over them.")
    if cell.data_type == "e":
        raise UserError(f"{place} holds the error {value}. Mend it, or leave the cell empty.")
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        raise UserError(f"{place} holds a date ({value}). Format the column as text and type the value again.")
    return value


def _header(names: list[str], where: str, delimiter: str) -> list[str]:
    while names and not names[-1]:
        names.pop()
    if not any(names):
        raise UserError(f"{where}: expected a header line with the names of the columns, found an empty line.")
    if len(names) > _MOST_COLUMNS:
        raise UserError(
            f"{where}: {len(names):,} columns, and at most {_MOST_COLUMNS:,} are read. Is it the separator?"
        )
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise UserError(f"{where}: the column name '{twice[0]}' stands twice in the header. Rename one of them.")
    if len(names) == 1 and delimiter:
        raise UserError(
            f"{where}: the header has one column only, {named(names[0])}. The separator is expected to be "
            f"{delimiter!r}; set model.delimiter where the file has another one."
        )
    return names


def _decoded(source: Source) -> str:
    encoding = "utf-8-sig" if source.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else source.encoding
    try:
        text = source.content.decode(encoding)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = source.content[:start].count(b"\n") + 1
        raise UserError(
            f"{source.path}, line {line}: byte {start + 1} of the file is not {source.encoding} "
            f"({getattr(error, 'reason', error)}). Save the file as UTF-8, or set model.encoding, such as cp1252 "
            "or utf-16."
        ) from None
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise UserError(f"{source.path}, line {line}: a zero byte in the text. Set model.encoding, perhaps to utf-16.")
    return text


READERS: dict[str, Callable[[Source], Iterator[Row]]] = {
    "jsonl": jsonl,
    "csv": separated,
    "tsv": lambda source: separated(source._replace(delimiter=source.delimiter or "\t")),
    "xlsx": workbook,
    "trec": trec,
}
