"""Requests by declaration: what is filled in, what is left alone, what is refused."""

from __future__ import annotations

import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Query, Segment
from wild_aieval.models.http import template

PLAIN = template.as_listed({})
ITEMS = [{"id": "a", "text": "one {title} {{x}}", "k": 7}, {"id": "b", "text": "two", "k": 7}]


def test_placeholders_are_filled_in_one_pass() -> None:
    assert template.fill({"q": "say {text}!", "n": ["{k}", 3, None, "k={k}"]}, ITEMS) == {
        "q": "say one {title} {{x}}!",
        "n": [7, 3, None, "k=7"],
    }
    assert template.fill('{{"{id}": {{}}}}', ITEMS) == '{"a": {}}'


def test_a_list_has_one_entry_for_each_item() -> None:
    declared = {"documents": {"for_each_item": {"id": "{id}"}}, "size": "{k}"}
    assert template.fill(declared, ITEMS) == {"documents": [{"id": "a"}, {"id": "b"}], "size": 7}


def test_batches_hold_items_that_agree_in_what_they_share() -> None:
    declared = {"q": {"for_each_item": "{text}"}, "to": "{target_language}"}
    items = [{"text": str(n), "target_language": "es" if n < 3 else "fr"} for n in range(6)]
    assert template.batches(declared, items, 2) == [[0, 1], [2], [3, 4], [5]]
    assert template.batches({"for_each_item": "{text}"}, items, 4) == [[0, 1, 2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("declared", "batched", "said"),
    [
        ({"q": "{txt}"}, False, "there is no placeholder '{txt}' for classification. Did you mean 'text'"),
        ({"q": "{id}"}, False, "would not see the item"),
        ({"q": "{text}"}, True, "batch_size is above 1, and no list is there"),
        ({"q": {"for_each_item": "{text}"}}, False, "a list is there, and batch_size is 1"),
    ],
)
def test_a_template_that_cannot_work_is_refused(declared: object, batched: bool, said: str) -> None:
    with pytest.raises(UserError, match="mine, request") as fault:
        template.check(declared, "classification", "mine, request", batched)
    assert said in str(fault.value)


def test_values_of_items() -> None:
    assert template.values_of(Document("d", "T", "x", "pt-BR"), template.as_listed({"pt": "por"}))["language"] == "por"
    assert template.values_of(Document("d", "T", "x"), PLAIN)["full_text"] == "T. x"
    assert template.values_of(Query("q", "x", "2001-02-03", "F"), PLAIN, 5) == {
        "id": "q", "text": "x", "language": "", "date": "2001-02-03", "family": "F", "k": 5,
    }  # fmt: skip
    known = template.values_of(Segment("s", "x", "en", "pt-BR"), template.as_listed({"pt-BR": "PB"}))
    assert (known["source_language"], known["target_language"]) == ("en", "PB")
