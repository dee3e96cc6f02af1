"""What a manifest declares to be made from the columns of a file, and the limits that it sets."""

from __future__ import annotations

from typing import Any

import pytest

from wild_aieval.benchmarks.load import load
from wild_aieval.errors import UserError

HEAD = '{"nr": 1, "claims": ["One.", "Two."], "code": "G06F1730", "texts": {"en": "a store", "fr": null}}\n'
BASE = {"id": {"row": "t-"}, "text": {"join": ["texts.en", "claims"]}, "main": {"of": "code", "first": 4}}


def opened(make: Any, derived: dict[str, Any], rows: str = HEAD, **data: Any) -> list[dict[str, Any]]:
    entry = make(
        "classification",
        {"test.jsonl": rows, "train.jsonl": None},
        data={"files": {"train": None}, "derived": {"test": {**BASE, **derived}}, **data},
    )
    return load(entry).parts["test"]


def test_every_means(make: Any) -> None:
    (row,) = opened(make, {"office": {"constant": "US"}, "family": {"digest": ["nr", "code"]}})
    assert row["id"] == "t-1"
    assert row["text"] == "a store\nOne.\nTwo."
    assert (row["main"], row["office"]) == ("G06F", "US")
    assert len(row["family"]) == 16


def test_names_stand_for_numbers_and_texts(make: Any) -> None:
    rows = HEAD + HEAD.replace('"nr": 1', '"nr": "2"')
    found = opened(make, {"main": {"of": "nr", "names": {1: "A61B", "2": "H04L"}}}, rows)
    assert [row["main"] for row in found] == ["A61B", "H04L"]


def test_a_name_that_is_not_declared_is_a_fault_with_its_place(make: Any) -> None:
    with pytest.raises(UserError, match=r"test.jsonl, line 1: '1' in 'main' is not a symbol"):
        opened(make, {"main": {"of": "nr", "names": {2: "H04L"}}})


def test_a_nested_column_is_named_with_a_point(make: Any) -> None:
    (row,) = opened(make, {}, columns={"test": {"title": "texts.en"}})
    assert row["title"] == "a store"


def test_a_column_that_is_not_there_is_told(make: Any) -> None:
    with pytest.raises(UserError, match=r"line 1: there is no column 'text'"):
        opened(make, {"text": {"join": ["texts.de", "description"]}})


def test_a_digest_depends_on_the_content_and_the_order_of_columns(make: Any) -> None:
    one = opened(make, {"id": {"digest": ["nr", "code"]}, "cluster": {"digest": ["code", "nr"]}})[0]
    assert one["id"] != one["cluster"]


def test_repeated_rows_are_left_out_only_where_that_is_declared(make: Any) -> None:
    assert len(opened(make, {"id": {"of": "nr"}}, HEAD + HEAD, distinct=["test"])) == 1


def test_repeated_rows_are_else_a_fault(make: Any) -> None:
    with pytest.raises(UserError, match="the id '1' stands at"):
        opened(make, {"id": {"of": "nr"}}, HEAD + HEAD)


def test_bad_rows_are_left_out_and_counted_only_where_that_is_declared(
    make: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = HEAD + HEAD.replace("G06F1730", "??") + "{broken\n"
    assert len(opened(make, {}, rows, skip_bad=True)) == 1
    said = capsys.readouterr().err
    assert "left out, as data.skip_bad says" in said
    assert "1 rows (not valid JSON)" in said
    assert "1 rows (no valid symbol)" in said


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"items": 1}, r"test.jsonl, line 2: 'test' of 'small' holds more than 1 rows.*limits.items.*raise the limit"),
        ({"characters": 20}, r"train.jsonl, line 1: the row has \d+ characters, more than the 20.*limits.characters"),
    ],
)
def test_limits_hold_when_the_rows_are_read(make: Any, limits: dict[str, int], words: str) -> None:
    entry = make("classification", limits=limits)
    with pytest.raises(UserError, match=words):
        load(entry)


def test_within_its_limits_a_benchmark_is_read(make: Any) -> None:
    assert len(load(make("classification", limits={"items": 2, "characters": 500})).parts["test"]) == 2
