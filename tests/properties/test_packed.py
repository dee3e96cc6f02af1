"""Rows, keys and categories in few bytes are what they were before they were packed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wild_aieval import packed
from wild_aieval.metrics.aggregates import Aggregate, compact, joined
from wild_aieval.packed import Categories, Keys, Mapped, Packed

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(PLAIN, max_size=600))
def test_packed_is_the_list_in_order_at_each_place_and_in_slices(rows: list[Any]) -> None:
    packed = Packed(iter(rows))
    assert len(packed) == len(rows) and list(packed) == rows and packed == rows
    assert [packed[place] for place in range(len(rows))] == rows
    assert packed[-3:] == rows[-3:] and packed[1:500:7] == rows[1:500:7]
    with pytest.raises(IndexError):
        packed[len(rows)]


def test_what_is_taken_out_can_be_changed_without_changing_what_is_in() -> None:
    packed = Packed([{"symbols": ["A"]}, {"symbols": ["B"]}])
    packed[0]["symbols"].append("Z")
    next(iter(packed))["symbols"].append("Y")
    assert packed[0] == {"symbols": ["A"]}


def test_what_has_no_room_in_memory_is_in_a_file_without_a_name(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(packed, "_ROOM", 50_000)
    rows = [{"id": f"d{number}", "text": "a valve " * 20} for number in range(5_000)]
    spooled = Packed(rows, tmp_path / "cache")
    assert (tmp_path / "cache").is_dir() and not list((tmp_path / "cache").iterdir())
    assert spooled == rows and spooled[4_321] == rows[4_321] and spooled[0] == rows[0]
    inside = sum(len(block) for block in spooled._blocks._kept if isinstance(block, bytes))
    assert 0 < inside <= 50_000


def test_a_folder_that_cannot_be_written_keeps_rows_in_memory(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(packed, "_ROOM", 0)
    (tmp_path / "file").write_text("no folder")
    rows = [{"id": str(number)} for number in range(1_000)]
    assert Packed(rows, tmp_path / "file") == rows


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=50, unique=True), st.data())
def test_keys(digests: list[bytes], data: st.DataObject) -> None:
    texts = [digest.hex() for digest in digests]
    keys = Keys(texts)
    assert list(keys) == texts and len(keys) == len(texts) and keys[1:3] == texts[1:3]
    places = data.draw(st.lists(st.sampled_from(range(len(texts))), max_size=9)) if texts else []
    assert list(keys.only(np.array(places, dtype=np.int64))) == [texts[place] for place in places]


@given(st.lists(st.sampled_from(["", "EP", "US", "a\nb", "日本"]), max_size=60))
def test_categories(texts: list[str]) -> None:
    found = Categories.of(texts)
    assert list(found) == texts and [found[place] for place in range(len(texts))] == texts
    assert found.counts == {text: texts.count(text) for text in texts}
    assert list(found.names) == list(dict.fromkeys(texts))


def test_mapped_makes_things_when_they_are_looked_at() -> None:
    made: list[int] = []

    def double(number: int) -> int:
        made.append(number)
        return 2 * number

    found = Mapped([1, 2, 3], double)
    assert (len(found), found[1], made) == (3, 4, [2])
    assert list(Mapped([1, 2, 3], double, np.array([2, 0]))) == [6, 2]


@given(
    st.lists(st.lists(st.integers(-40_000, 40_000), min_size=2, max_size=2), min_size=1, max_size=40),
    st.integers(1, 40),
)
def test_statistics_joined_from_parts_are_exact_and_differences_do_not_overflow(
    rows: list[list[int]], size: int
) -> None:
    whole = np.array(rows, dtype=np.float64)
    parts = [Aggregate("ratio", compact(whole[i : i + size]), "s") for i in range(0, len(rows), size)]
    found = joined(parts).rows
    assert np.array_equal(found, whole)
    assert np.array_equal(found - found[::-1], whole - whole[::-1])
    assert np.array_equal(found.sum(axis=0), whole.sum(axis=0))


def test_what_is_no_whole_number_stays() -> None:
    for rows in (np.array([[0.5, 1.0]]), np.array([[1e12, 1.0]]), np.array([[np.nan, 1.0]]), np.array([[np.inf, 1.0]])):
        assert compact(rows).dtype == np.float64


def test_no_key_of_a_run_is_shorter_than_its_array_takes() -> None:
    texts = [hashlib.sha256(bytes([number])).hexdigest() for number in range(256)]
    assert list(Keys(texts)) == texts
