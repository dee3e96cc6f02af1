"""XLSX workbooks: the first sheet, whose first row names the columns. Nothing in it is evaluated."""

from __future__ import annotations

import datetime
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.faults import STOP, Faults, RowError
from wild_aieval.benchmarks.readers.rows import Row, existing
from wild_aieval.errors import UserError

LARGEST = 2 << 30  # bytes, unpacked
LARGEST_RATIO = 200


def read_xlsx(path: Path, faults: Faults = STOP) -> Iterator[Row]:
    """One record a row; empty rows are skipped. A formula or an error value is a fault of its row."""
    book = _opened(existing(path))
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a workbook says of its size may be wrong
        header: list[str] = []
        for number, cells in enumerate(sheet.iter_rows(), 1):
            where = f"{path}, row {number} of sheet '{sheet.title}'"
            if not header:
                header = _header([str(cell.value or "").strip() for cell in cells], where)
                continue
            try:
                values = [_value(cell, where) for cell in cells]
                if any(value != "" for value in values):
                    yield Row(where, _fields(header, values, where))
            except RowError as fault:
                faults.skip(fault)
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  a damaged sheet fails wherever openpyxl believes it
        raise _unreadable(path, error) from None
    finally:
        book.close()


def _opened(path: Path) -> Any:
    try:
        import openpyxl
    except ImportError:
        raise UserError(
            f"{path}: workbooks are read by openpyxl, which is not installed. Install it with: "
            "pip install 'wild-aieval[xlsx]', or save the sheet as CSV in UTF-8."
        ) from None
    try:
        with zipfile.ZipFile(path) as archive:
            _no_bomb(path, archive)
        return openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  a damaged workbook fails in as many ways as it has parts
        raise _unreadable(path, error) from None


def _no_bomb(path: Path, archive: zipfile.ZipFile) -> None:
    """A workbook is XML without a DTD; what unpacks to much more than it is, or declares entities, is none."""
    size = sum(part.file_size for part in archive.infolist())
    if size > LARGEST or size > LARGEST_RATIO * max(path.stat().st_size, 1 << 20):
        raise UserError(f"{path}: the workbook unpacks to {size:,} bytes, which is too much. Save it as CSV in UTF-8.")
    for part in archive.infolist():
        with archive.open(part) as stream:
            if b"<!DOCTYPE" in stream.read(4096).replace(b"\0", b"").upper():
                raise UserError(
                    f"{path}: its part '{part.filename}' declares a DTD, which no workbook has. Save it anew from a "
                    "spreadsheet program, or as CSV in UTF-8."
                )


def _unreadable(path: Path, error: Exception) -> UserError:
    return UserError(
        f"{path}: this is no XLSX workbook that can be read ({type(error).__name__}: {str(error)[:120]}). Save it as "
        ".xlsx without a password, or as CSV in UTF-8."
    )


def _value(cell: Any, where: str) -> Any:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        detail = f"the cell {cell.coordinate} holds a formula, and formulas are not evaluated. Paste the value over it."
        raise RowError(where, "a formula", detail)
    if cell.data_type == "e":
        detail = f"the cell {cell.coordinate} holds the error {value}. Mend it, or leave the cell empty."
        raise RowError(where, "an error value", detail)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.time | datetime.timedelta):
        detail = f"the cell {cell.coordinate} holds a time ({value}). Format the column as text and type it again."
        raise RowError(where, "a time of day", detail)
    return value


def _header(names: list[str], where: str) -> list[str]:
    while names and not names[-1]:
        names.pop()
    if not names:
        raise UserError(f"{where}: expected the names of the columns, found an empty row.")
    if twice := sorted(name for name, count in Counter(names).items() if name and count > 1):
        raise UserError(f"{where}: the column name '{twice[0]}' stands twice in the header. Rename one of them.")
    return names


def _fields(header: list[str], values: list[Any], where: str) -> dict[str, Any]:
    heads = [*header, *[""] * (len(values) - len(header))]
    values = [*values, *[""] * (len(header) - len(values))]
    if stray := [value for head, value in zip(heads, values, strict=True) if not head and value != ""]:
        detail = f"{str(stray[0])[:40]!r} stands in a column without a name in the header. Name the column."
        raise RowError(where, "a column without a name", detail)
    return {head: value for head, value in zip(heads, values, strict=True) if head}
