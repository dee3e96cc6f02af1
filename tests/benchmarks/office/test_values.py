"""Dates, languages, numbers, symbols and citations as records write them."""

from __future__ import annotations

import pytest

from wild_aieval.benchmarks.office import cited, symbols, values
from wild_aieval.benchmarks.office.body import numbered
from wild_aieval.benchmarks.office.publication import Claim, Symbol


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20200131", "2020-01-31"),
        ("2020-01-31", "2020-01-31"),
        ("31.01.2020", ""),
        ("20200231", ""),
        ("19980800", ""),
        ("", ""),
    ],
)
def test_dates(text: str, expected: str) -> None:
    assert values.date(text) == expected


def test_languages() -> None:
    found = [values.language(text) for text in ("EN", "eng", "zh_CN", "CN", "sh", "?", "")]
    assert found == ["en", "en", "zh-cn", "zh", "sh", "", ""]


def test_numbers() -> None:
    assert values.number("2004/0226162", "US") == "20040226162"
    assert values.number("08927118", "US") == "8927118"
    assert values.number("D0712345", "US") == "D712345"
    assert values.number("0 900 001", "EP") == "0900001"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "H01L  27/146       20060101AFI19970908BHEP        ",
            Symbol("IPC", "H01L 27/146", True, "I", "H", "2006.01", "EP"),
        ),
        ("A61K   9/16        20060101A I20051008RMEP", Symbol("IPC", "A61K 9/16", False, "I", "M", "2006.01", "EP")),
        ("E04B 1/88 20060101ALN20070316BHEP", Symbol("IPC", "E04B 1/88", False, "N", "H", "2006.01", "EP")),
        (" 5C 07H  21/00   A", Symbol("IPC", "C07H 21/00", edition="5")),
        ("G06F015/16", Symbol("IPC", "G06F 15/16")),
        ("B03B    5/04    (2006.01)", Symbol("IPC", "B03B 5/04", edition="2006.01")),
        ("A61B 5/02 (2006.01) I", Symbol("IPC", "A61B 5/02", value="I", edition="2006.01")),
        ("A61B", Symbol("IPC", "A61B")),
        ("A61K   9/16        20060101A I20051008DMEP", None),
        ("705/26", None),
    ],
)
def test_symbols(text: str, expected: Symbol | None) -> None:
    assert symbols.from_text(text, "IPC") == expected


def test_categories_and_phases() -> None:
    assert cited.categories("X,P") == cited.categories("XP") == ("X", "P")
    assert cited.categories("cited by examiner") == ()
    assert [cited.phase(text) for text in ("cited by examiner", "cited by applicant", "Search", "")] == [
        "examination",
        "applicant",
        "search",
        "",
    ]
    assert cited.from_printed("WO-A-83/02277") == "WO8302277A"
    assert cited.from_printed("DE-A1-102009 041 527") == "DE102009041527A1"
    assert cited.from_printed("A book, 1999") == ""


@pytest.mark.parametrize(
    ("number", "text", "expected"),
    [
        ("00001", "1. A plough.", Claim("1", "A plough.")),
        ("", "3) A plough.", Claim("3", "A plough.")),
        ("", "A plough.", Claim("7", "A plough.")),
        ("0002", "1.5 mm of steel", Claim("2", "1.5 mm of steel")),
        ("01-24", "1-24. (canceled)", Claim("1-24", "(canceled)")),
        ("0003", "2. is not its number", Claim("3", "2. is not its number")),
    ],
)
def test_the_number_leaves_the_text_of_a_claim(number: str, text: str, expected: Claim) -> None:
    assert numbered(number, text, 7) == expected
