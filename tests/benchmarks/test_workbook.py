"""XLSX workbooks as rows: values only, nothing is evaluated; CSV cells that look like formulas are text."""

from __future__ import annotations

import datetime
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.faults import RowError, Tally
from wild_aieval.benchmarks.importer import import_benchmark
from wild_aieval.benchmarks.load import load
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.benchmarks.readers.tabular import read_csv
from wild_aieval.benchmarks.readers.workbook import read_xlsx
from wild_aieval.errors import UserError

HEADER = ["id", "text", "main", "date"]


@pytest.fixture
def book(tmp_path: Path) -> Any:
    openpyxl = pytest.importorskip("openpyxl")

    def write(*records: list[Any], name: str = "rows.xlsx") -> Path:
        made = openpyxl.Workbook()
        for record in records:
            made.active.append(record)
        made.create_sheet("Notes").append(["not read"])
        made.save(tmp_path / name)
        return tmp_path / name

    return write


def test_rows_of_the_first_sheet(book: Any) -> None:
    path = book(
        [*HEADER, None],
        [1, "a plough", "A01B 3/00", datetime.date(2012, 2, 29)],
        [],
        ["b", " two\nlines ", None],
    )
    found = list(read_xlsx(path))
    assert [row.fields for row in found] == [
        {"id": 1, "text": "a plough", "main": "A01B 3/00", "date": "2012-02-29"},
        {"id": "b", "text": " two\nlines ", "main": "", "date": ""},
    ]
    assert found[1].where == f"{path}, row 4 of sheet 'Sheet'"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (["=1+1", "x"], "row 2 of sheet 'Sheet': the cell A2 holds a formula, and formulas are not evaluated"),
        (["1", '=HYPERLINK("http://x","y")'], "the cell B2 holds a formula"),
        (["1", "#REF!"], "the cell B2 holds the error #REF!"),
        (["1", datetime.time(12, 30)], r"the cell B2 holds a time \(12:30:00\)"),
        (["1", "x", "", "", "stray"], "'stray' stands in a column without a name"),
    ],
)
def test_cells_that_are_no_values_are_faults_of_their_row(book: Any, record: list[Any], message: str) -> None:
    path = book(HEADER, record, ["2", "good"])
    with pytest.raises(RowError, match=message):
        list(read_xlsx(path))
    assert [row.fields["id"] for row in read_xlsx(path, Tally(tolerant=True))] == ["2"]


@pytest.mark.parametrize(
    ("records", "message"),
    [([[]], "expected the names of the columns"), ([["a", "a"]], "the column name 'a' stands twice")],
)
def test_headers(book: Any, records: list[Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        list(read_xlsx(book(*(records if any(records) else [[None]]), ["x"])))


def test_what_is_no_workbook_is_said(tmp_path: Path, book: Any) -> None:
    whole = book(HEADER, ["1", "x"]).read_bytes()
    for content in (b"id,text\n", whole[: len(whole) // 2], b"PK\x03\x04", whole.replace(b"PK\x01\x02", b"PK\x01\x03")):
        path = tmp_path / "broken.xlsx"
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"broken\.xlsx: this is no XLSX workbook that can be read"):
            list(read_xlsx(path))


def test_a_sheet_with_flipped_bytes_is_said(tmp_path: Path, book: Any) -> None:
    content = bytearray(
        book(HEADER, *([str(number), f"text {number * 7919 % 1000}"] for number in range(3_000))).read_bytes()
    )
    with zipfile.ZipFile(tmp_path / "rows.xlsx") as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    path = tmp_path / "flipped.xlsx"
    for place in (start + 100, start + 5_000):
        changed = content.copy()
        changed[place : place + 8] = b"\xff" * 8
        path.write_bytes(changed)
        with pytest.raises(UserError, match=r"flipped\.xlsx"):
            list(read_xlsx(path))


def packed(path: Path, changes: dict[str, bytes]) -> Path:
    """A copy of a workbook with parts changed."""
    target = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, changes.get(part, old.read(part)))
    return target


def test_a_bomb_is_refused_before_it_is_unpacked(book: Any) -> None:
    path = packed(book(HEADER, ["1", "x"]), {"xl/worksheets/sheet1.xml": b" " * 400_000_000})
    with pytest.raises(UserError, match=r"the workbook unpacks to 400,\d+,\d+ bytes"):
        list(read_xlsx(path))


def test_a_workbook_with_entities_is_refused(book: Any) -> None:
    path = book(HEADER, ["1", "x"])
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    doctype = b'<!DOCTYPE x [<!ENTITY a "b">]>'
    path = packed(path, {"xl/worksheets/sheet1.xml": doctype + sheet})
    with pytest.raises(UserError, match=r"sheet1\.xml' declares a DTD"):
        list(read_xlsx(path))


def test_without_openpyxl_the_message_says_what_to_install(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(HEADER, ["1", "x"])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UserError, match=r"pip install 'wild-aieval\[xlsx\]', or save the sheet as CSV"):
        list(read_xlsx(path))


def test_a_workbook_is_imported_and_read_again(book: Any, tmp_path: Path) -> None:
    path = book(HEADER, [1, "a plough", "A01B 3/00", datetime.datetime(2012, 2, 29)])
    report = import_benchmark(ImportOptions(path, "classification", "sheet", tmp_path / "root"))
    (row,) = load(Entry("classification/sheet", report.folder)).parts["test"]
    assert (row["id"], row["main"], row["date"]) == ("1", "A01B 3/00", "2012-02-29")


def test_a_manifest_may_name_a_workbook(make: Any, book: Any) -> None:
    content = book(HEADER, ["w", "a plough", "A01B 3/00", ""]).read_bytes()
    data = {"format": "xlsx", "files": {"train": None, "test": "rows.xlsx"}}
    assert load(make("classification", files={"rows.xlsx": content}, data=data)).parts["test"][0]["id"] == "w"


def test_cells_of_csv_that_look_like_formulas_are_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('id,text\n=1+1,"=HYPERLINK(""http://x"")"\n@x,-2\n', encoding="utf-8")
    assert [row.fields for row in read_csv(path)] == [
        {"id": "=1+1", "text": '=HYPERLINK("http://x")'},
        {"id": "@x", "text": "-2"},
    ]
