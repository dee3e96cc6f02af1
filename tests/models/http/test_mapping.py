"""Reading answers by JMESPath: nothing is guessed, nothing is shifted."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

from wild_aieval.items import Hit, Suggestion, Translation
from wild_aieval.models.http import mapping
from wild_aieval.models.http.mapping import Misread, Response

PAIRS = Response(symbols="p[].s", scores="p[].c")


def test_suggestions_are_best_first() -> None:
    data = {"p": [{"s": "A01B", "c": 0.2}, {"s": "B60L", "c": 0.9}]}
    assert mapping.suggestions(PAIRS, data) == [Suggestion("B60L", 0.9), Suggestion("A01B", 0.2)]
    assert mapping.suggestions(Response(symbols="p[].s"), data) == [Suggestion("A01B", 0.0), Suggestion("B60L", 0.0)]
    lists = Response(symbols="labels", scores="scores")
    assert mapping.suggestions(lists, {"labels": ["A"], "scores": [1]}) == [Suggestion("A", 1.0)]
    assert mapping.suggestions(PAIRS, {"p": []}) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "'p[].s' selects nothing"),
        ([], "'p[].s' selects nothing"),
        ("text", "'p[].s' selects nothing"),
        # JMESPath alone would leave out what is missing, and give the score of one symbol to another
        ({"p": [{"s": "A01B"}, {"c": 0.9}]}, "selects nothing in place 2, expected the text of the symbol"),
        (
            {"p": [{"s": "A01B", "c": None}, {"s": "B60L", "c": 0.9}]},
            "'p[].c' selects nothing, expected a finite number",
        ),
        ({"p": [{"s": "A01B", "c": "0.9"}]}, "selects a text (0.9), expected a finite number"),
        ({"p": [{"s": "A01B", "c": True}]}, "expected a finite number"),
        ({"p": [{"s": "A01B", "c": math.inf}]}, "expected a finite number"),
        ({"p": [{"s": 5, "c": 1}]}, "selects a number (5) in place 1"),
        ({"p": [{"s": "", "c": 1}]}, "in place 1, expected the text"),
    ],
)
def test_what_does_not_fit_is_said(data: Any, said: str) -> None:
    with pytest.raises(Misread) as fault:
        mapping.suggestions(PAIRS, data)
    assert said in str(fault.value)


def test_lists_of_unequal_length_are_refused() -> None:
    with pytest.raises(Misread, match="selects 1 scores, and there are 2 answers"):
        mapping.suggestions(Response(symbols="labels", scores="scores"), {"labels": ["A", "B"], "scores": [1]})


def test_filters_keep_pairs_together() -> None:
    filtered = Response(symbols="p[?c > `0.5`].s", scores="p[?c > `0.5`].c")
    data = {"p": [{"s": "A01B", "c": 0.2}, {"s": "B60L", "c": 0.9}]}
    assert mapping.suggestions(filtered, data) == [Suggestion("B60L", 0.9)]


def test_translations() -> None:
    response = Response(translation="t[0].x", score="t[0].c")
    assert mapping.translation(response, {"t": [{"x": "hola", "c": 0.5}]}) == Translation("hola", 0.5)
    assert mapping.translation(response, {"t": [{"x": "hola"}]}) == Translation("hola", None)
    for data, said in (
        ({"t": []}, "selects nothing"),
        ({"t": [{"x": " "}]}, "empty text"),
        ({"t": [{"x": 3}]}, "a number"),
    ):
        with pytest.raises(Misread, match=said):
            mapping.translation(response, data)


def test_hits() -> None:
    assert mapping.hits(Response(ids="h[].i", scores="h[].s"), {"h": [{"i": 7, "s": 1}, {"i": "x", "s": 2.5}]}) == [
        Hit("x", 2.5),
        Hit("7", 1.0),
    ]
    assert mapping.hits(Response(ids="h"), {"h": ["a", "b"]}) == [Hit("a", 1.0), Hit("b", 0.5)]
    assert mapping.hits(Response(ids="h"), {"h": []}) == []


def test_entries_of_a_batch_are_matched_by_id() -> None:
    response = Response(items="r", id="id")
    entries = [{"id": 2, "v": "two"}, {"id": "1", "v": "one"}]
    assert mapping.by_item(response, {"r": entries}, ["1", "2"]) == [entries[1], entries[0]]
    first, second = mapping.by_item(response, {"r": entries[:1]}, ["1", "2"])
    assert isinstance(first, Misread)
    assert second == entries[0]
    for spoilt, said in (
        ([{"id": "3"}], "an answer came for '3', which was not asked"),
        ([{"v": "one"}], "an answer came for 'None'"),
        ([{"id": "1"}, {"id": "1"}], "two answers came for '1'"),
        ("text", "expected a list"),
    ):
        with pytest.raises(Misread, match=said):
            mapping.by_item(response, {"r": spoilt}, ["1", "2"])


def test_without_ids_the_count_must_be_right() -> None:
    assert mapping.by_item(Response(), ["x", "y"], ["1", "2"]) == ["x", "y"]
    with pytest.raises(Misread, match="1 answers came for 2 items"):
        mapping.by_item(Response(), ["x"], ["1", "2"])


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="no JMESPath expression"):
        Response(symbols="p[")
    with pytest.raises(Misread, match="does not fit the answer"):
        mapping.select("length(a)", {"a": 3})
