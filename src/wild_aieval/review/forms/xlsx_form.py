"""Workbooks: what is shown is locked, what is asked for is a list to choose from or text, and nothing is a formula."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.readers.workbook import read_xlsx
from wild_aieval.errors import UserError
from wild_aieval.review.forms.rows import FilledRow
from wild_aieval.review.forms.sheet import TICKET, Column, Sheet

_LONGEST = 32_767  # characters of a cell, by the format
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_TEXT = "@"


def written(sheet: Sheet) -> bytes:
    """The workbook: the rows, and a second sheet that says how to fill them in."""
    openpyxl = _openpyxl()
    book = openpyxl.Workbook()
    page = book.active
    page.title = "review"
    _fill(page, sheet)
    for number, column in enumerate(sheet.columns, 1):
        page.column_dimensions[openpyxl.utils.get_column_letter(number)].width = column.width
        if column.choices:
            _choices(page, column, number, len(sheet.rows))
    _protect(page)
    page.freeze_panes = "B2"
    about = book.create_sheet("about")
    for number, line in enumerate(sheet.about, 1):
        _write(about.cell(number, 1), line)
    about.column_dimensions["A"].width = 110
    _protect(about)
    return _saved(book)


def read(path: Path) -> Iterator[FilledRow]:
    """Rows of the first sheet; a formula is refused."""
    for row in read_xlsx(path):
        if TICKET not in row.fields:
            raise UserError(
                f"{path}: its first sheet has no column '{TICKET}'. Send back the file as it was given out."
            )
        yield FilledRow(row.where, row.fields)


def _saved(book: Any) -> bytes:
    """The file, made in memory: openpyxl's own way leaves sheets in the common temporary folder if it is killed."""
    from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
    from openpyxl.worksheet._writer import WorksheetWriter
    from openpyxl.writer.excel import ExcelWriter

    class InMemory(ExcelWriter):  # type: ignore[misc]
        def write_worksheet(self, ws: Any) -> None:
            content = io.BytesIO()
            ws._drawing = SpreadsheetDrawing()
            writer = WorksheetWriter(ws, content)
            writer.write()
            ws._rels = writer._rels
            self._archive.writestr(ws.path[1:], content.getvalue())
            self.manifest.append(ws)

    stream = io.BytesIO()
    InMemory(book, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED)).save()
    return stream.getvalue()


def _fill(page: Any, sheet: Sheet) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill, Protection

    bold, open_, wrap = Font(bold=True), Protection(locked=False), Alignment(wrap_text=True, vertical="top")
    asked = PatternFill("solid", start_color="FFF7DC")
    for number, column in enumerate(sheet.columns, 1):
        head = page.cell(1, number)
        _write(head, column.name)
        head.font = bold
        for place, row in enumerate(sheet.rows, 2):
            cell = page.cell(place, number)
            _write(cell, row.get(column.name, ""))
            cell.alignment = wrap
            if column.answers:
                cell.protection, cell.fill = open_, asked


def _write(cell: Any, text: str) -> None:
    """Text and nothing else: a formula is not run, not even when the cell is edited; 12/345678 is no date."""
    if len(text := _UNFIT.sub("\ufffd", text)) > _LONGEST:
        note = f" … [cut: {len(text):,} characters in all]"
        text = text[: _LONGEST - len(note)] + note
    if text:
        cell.value = text
        cell.data_type = "s"
    cell.number_format = _TEXT
    cell.quotePrefix = text.startswith(("=", "+", "-", "@"))


def _choices(page: Any, column: Column, number: int, rows: int) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    letter = get_column_letter(number)
    offered = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
    offered.error, offered.errorTitle, offered.showErrorMessage = "Choose from the list.", column.name, True
    offered.add(f"{letter}2:{letter}{rows + 1}")
    page.add_data_validation(offered)


def _protect(page: Any) -> None:
    """Against slips, not against intent: there is no password. Columns and rows may be made wider."""
    page.protection.sheet = True
    page.protection.formatColumns = False
    page.protection.formatRows = False


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError:
        raise UserError(
            "review export: workbooks are written by openpyxl, which is not installed. Install it with: "
            "pip install 'wild-aieval[xlsx]', or choose a file that ends with .csv."
        ) from None
    return openpyxl
