"""IPC symbols: how they are written, their ancestors, which exist in the edition 2023.01."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wild_aieval.standards import citations, ipc, languages, offices, provenance


@pytest.mark.parametrize(
    ("written", "parsed"),
    [
        ("A61B 5/0205", "A61B 5/0205"),
        ("a61b5/0205", "A61B 5/0205"),
        (" A61B  5/0205\n", "A61B 5/0205"),
        ("A61B\u00a05/0205", "A61B 5/0205"),
        ("A61B 0005/02", "A61B 5/02"),
        ("G06F 2111/10", "G06F 2111/10"),
        ("A61B", "A61B"),
        ("A61", "A61"),
        ("H", "H"),
        ("Y02E 10/50", "Y02E 10/50"),
    ],
)
def test_parsed(written: str, parsed: str) -> None:
    assert ipc.parse_symbol(written) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "I",
        "Z99",
        "A6",
        "A61BB",
        "61B",
        "G11B/85",
        "A61B 5",
        "A61B 5/",
        "A61B 5/0",
        "A61B 5/02 x",
        "A61B-5/02",
        "A61B 12345/00",
        "A61B 5/1234567",
        "A61B 5,02",
        "A61B0005020000",
        "A٦١B",
        "A61B ٥/٠٢",
        "no symbol",
    ],
)
def test_what_is_no_symbol(text: str) -> None:
    assert ipc.parse_symbol(text) is None


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("A61B 5/0205", ["A", "A61", "A61B", "A61B 5/00", "A61B 5/0205"]),
        ("A61B 5/00", ["A", "A61", "A61B", "A61B 5/00", "A61B 5/00"]),
        ("A61B", ["A", "A61", "A61B", None, None]),
        ("A61", ["A", "A61", None, None, None]),
        ("A", ["A", None, None, None, None]),
    ],
)
def test_truncation_to_each_level(symbol: str, expected: list[str | None]) -> None:
    assert [ipc.truncate(symbol, level) for level in ipc.LEVELS] == expected
    assert ipc.ancestors(symbol) == {name for name in expected if name}


def test_ancestors_stop_at_the_deepest_level_asked_for() -> None:
    assert ipc.ancestors("A61B 5/0205", "class") == {"A", "A61"}


def test_the_edition_holds_every_symbol_at_its_level() -> None:
    symbols = ipc.valid_symbols()
    depth = Counter(sum(ipc.truncate(symbol, level) is not None for level in ipc.LEVELS) for symbol in symbols)
    assert dict(depth) == {1: 8, 2: 132, 3: 651, 5: 78_437 + 106}
    assert {symbol for symbol in symbols if len(symbol) == 1} == set("ABCDEFGH")


def test_every_symbol_of_the_edition_parses_to_itself_and_has_its_ancestors_in_it() -> None:
    symbols = ipc.valid_symbols()
    assert all(ipc.parse_symbol(symbol) == symbol for symbol in symbols)
    assert {above for symbol in symbols for above in ipc.ancestors(symbol)} <= symbols


@pytest.mark.parametrize(
    ("symbol", "valid"),
    [
        ("A61B 5/0205", True),
        ("A61B", True),
        ("A61B 5/00", True),
        ("C04B 38/00", True),  # a main group that the list of the edition leaves out
        ("A61B 5/0206", False),
        ("A61I", False),
        ("Y02E 10/50", False),
        ("a61b", False),
        ("", False),
    ],
)
def test_validity(symbol: str, valid: bool) -> None:
    assert ipc.is_valid(symbol) is valid


@given(st.text(max_size=14))
def test_any_text_is_a_symbol_in_its_printed_form_or_none(text: str) -> None:
    parsed = ipc.parse_symbol(text)
    assert parsed is None or (ipc.parse_symbol(parsed) == parsed and ipc.ancestors(parsed))


def test_the_other_standards() -> None:
    assert provenance.GENERATED == "G"
    assert provenance.ORIGINS == ("H", "M", "G")
    assert {"EP", "WO", "US", "BR", "CN"} <= offices.ST3_CODES
    assert "UK" not in offices.ST3_CODES
    grades = citations.DEFAULT_GRADES
    assert grades["X"] > grades["Y"] > grades["A"] > 0


@pytest.mark.parametrize(
    ("tag", "valid", "decimal"),
    [
        ("en", True, "."),
        ("pt-BR", True, ","),
        ("zh-Hans-CN", True, "."),
        ("es-419", True, ","),
        ("EN", False, ","),
        ("english", False, ","),
    ],
)
def test_language_tags(tag: str, valid: bool, decimal: str) -> None:
    assert languages.is_language_tag(tag) is valid
    assert languages.decimal_separator(tag) == decimal
