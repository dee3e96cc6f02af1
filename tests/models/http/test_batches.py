"""Several items to a request: an answer never goes to another item than its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Segment
from wild_aieval.testing import Faults, MockEndpoint, answers

Texts = Callable[[int], list[Document]]
NO_ID = {"items": "results", "symbols": "predictions[].symbol", "scores": "predictions[].score"}


def symbols(document: Document) -> list[tuple[str, float]]:
    return answers.symbols(document.text)


def test_batches_are_answered_in_the_order_of_the_items(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    documents = texts(11)
    found = candidates.make(endpoint.url, "batch").classify(documents)
    assert [list(map(tuple, answer)) for answer in found] == [symbols(document) for document in documents]
    assert len(endpoint.asked) == 3
    usage = candidates.workplace.meter.take("d0")
    assert usage.attempts == 1


def test_a_wrong_order_is_put_right_by_the_ids(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    endpoint.faults = Faults(1.0, ("wrong_order",))
    documents = texts(11)
    found = candidates.make(endpoint.url, "batch").classify(documents)
    assert all(asked.fault == "wrong_order" for asked in endpoint.asked)
    assert [list(map(tuple, answer)) for answer in found] == [symbols(document) for document in documents]


@pytest.mark.parametrize("seed", range(5))
def test_faults_of_batches_never_move_an_answer(
    candidates: Any, endpoint: MockEndpoint, texts: Texts, seed: int
) -> None:
    endpoint.faults = Faults(0.7, ("wrong_order", "wrong_count", "unknown_id", "malformed", "500"), seed=seed)
    documents = texts(40)
    found = candidates.make(endpoint.url, "batch", retry_seconds=0.4).classify(documents)
    good = [(document, answer) for document, answer in zip(documents, found, strict=True) if isinstance(answer, list)]
    assert 4 <= len(good) < 40
    assert all(list(map(tuple, answer)) == symbols(document) for document, answer in good)


def test_a_missing_answer_is_the_failure_of_its_item_only(
    candidates: Any, endpoint: MockEndpoint, texts: Texts
) -> None:
    endpoint.faults = Faults(1.0, ("wrong_count",))
    found = candidates.make(endpoint.url, "batch").classify(texts(4))
    assert [isinstance(answer, Failure) for answer in found] == [False, False, False, True]
    assert "no answer came for this item, 3 came for 4" in found[3].message


def test_an_unknown_id_makes_the_whole_batch_unreadable(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    endpoint.faults = Faults(orders={'"d5"': "unknown_id"})
    found = candidates.make(endpoint.url, "batch").classify(texts(8))
    assert [isinstance(answer, Failure) for answer in found] == [False] * 4 + [True] * 4
    assert "an answer came for 'nobody', which was not asked" in found[5].message


def test_without_ids_a_wrong_count_is_an_error_of_the_batch(
    candidates: Any, endpoint: MockEndpoint, texts: Texts
) -> None:
    endpoint.faults = Faults(orders={'"d5"': "wrong_count"})
    found = candidates.make(endpoint.url, "batch", response=NO_ID).classify(texts(8))
    assert [isinstance(answer, Failure) for answer in found] == [False] * 4 + [True] * 4
    assert "3 answers came for 4 items" in found[5].message


def test_an_item_that_spoils_its_batch_is_found(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    endpoint.faults = Faults(orders={'"d5"': "400"})
    documents = texts(8)
    found = candidates.make(endpoint.url, "batch").classify(documents)
    assert [isinstance(answer, Failure) for answer in found] == [n == 5 for n in range(8)]
    assert list(map(tuple, found[6])) == symbols(documents[6])


def test_translations_and_their_confidence(candidates: Any, endpoint: MockEndpoint, segments: list[Segment]) -> None:
    found = candidates.make(endpoint.url, "translate", language_codes={"pt": "por"}).translate(segments)
    assert found[0] == ("[por] sentence 0", 0.75)


def test_search_sends_the_corpus_in_and_is_cut_at_k(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    from wild_aieval.items import Query

    each = {"id": "{id}", "title": "{title}", "text": "{text}"}
    index = {
        "url": f"{endpoint.url}/index",
        "request": {"documents": {"for_each_item": each}},
        "batch_size": 3,
    }
    candidate = candidates.make(endpoint.url, "search", index=index)
    candidate.index(texts(10))
    assert len(endpoint.shelf.documents) == 10
    (hits,) = candidate.search([Query("q", "number 7")], 2)
    assert [hit.id for hit in hits] == ["d7", "d0"]
    endpoint.shelf.documents["other"] = {"text": "number 7"}
    (all_hits,) = candidate.search([Query("q", "number 7")], 3)
    assert "other" in [hit.id for hit in all_hits]
    kept = candidates.make(endpoint.url, "search", outside_corpus="leave_out")
    kept.index(texts(10))
    assert [hit.id for hit in kept.search([Query("q", "number 7")], 3)[0]] == ["d7", "d0"]


def test_a_corpus_that_is_not_taken_stops_the_run(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    endpoint.faults = Faults(orders={"d7": "400"})
    index = {
        "url": f"{endpoint.url}/index",
        "request": {"documents": {"for_each_item": {"id": "{id}", "text": "{text}"}}},
        "batch_size": 3,
    }
    candidate = candidates.make(endpoint.url, "search", index=index)
    with pytest.raises(UserError, match="did not take the documents of the corpus: HTTP 400"):
        candidate.index(texts(10))


def test_values_may_stand_in_the_address(candidates: Any, endpoint: MockEndpoint) -> None:
    candidate = candidates.make(
        endpoint.url, "translate", method="GET", request=None,
        parameters={"text": "{text}", "target": "{target_language}", "n": 1},
    )  # fmt: skip
    text = "a & b = c? {text} ü 犁"
    assert candidate.translate([Segment("s", text, "en", "es")])[0].text == f"[es] {text}"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"request": {"text": "{txt}"}}, "there is no placeholder '{txt}'"),
        ({"request": None}, "would not see the item"),
        ({"method": "GET"}, "method GET sends no 'request'"),
        ({"response": {"scores": "x"}}, "response.symbols is missing"),
        ({"response": {"symbols": "x["}}, "no JMESPath expression"),
        ({"response": {"symbol": "x"}}, "response.symbol"),
        ({"batch_size": 3}, "batch_size is above 1"),
        ({"url": "127.0.0.1/x"}, "begins with https:// or http://"),
        ({"parameters": ["x"]}, "'parameters' is no mapping"),
        ({"index": {"url": "http://other.host/", "request": {"for_each_item": "{id}"}}}, "another host than url"),
        ({"index": {"url": "http://127.0.0.1:1/", "request": {"id": "{id}"}}}, "holds no 'for_each_item'"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(candidates: Any, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as fault:
        candidates.make("http://127.0.0.1:1", **settings)
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


def test_what_cannot_change_an_answer_is_not_in_the_identity(candidates: Any) -> None:
    base = candidates.make("http://127.0.0.1:1")._settings
    same = {"concurrency": 3, "timeout_seconds": 5, "retry_seconds": 1, "requests_per_second": 2, "stop_after": 2}
    assert candidates.make("http://127.0.0.1:1", **same, name="other")._settings.identity() == base.identity()
    for change in ({"revision": "2"}, {"url": "http://127.0.0.1:2/x"}, {"request": {"text": "{full_text}"}}):
        assert candidates.make("http://127.0.0.1:1", **change)._settings.identity() != base.identity()
