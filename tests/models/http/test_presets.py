"""Interfaces that are known by name: chat, embeddings, DeepL, LibreTranslate, OpenSearch."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, LabelledDocument, Query, Segment
from wild_aieval.testing import Faults, MockEndpoint, answers, routes

Texts = Callable[[int], list[Document]]
CHAT = {
    "model": "tiny",
    "classification": {"system": "Answer with one symbol.", "user": "{title}: {text}"},
    "translation": {"user": "Translate to {target_language}: {source}"},
    "options": {"seed": 7},
}


def chat(candidates: Any, endpoint: MockEndpoint, **changes: Any) -> Any:
    return candidates.of_kind("openai-chat", f"{endpoint.url}/v1", **{**CHAT, **changes})


def says(monkeypatch: pytest.MonkeyPatch, message: Any, finish: str = "stop") -> None:
    """The endpoint gives this chat message to everybody."""
    answer = {"choices": [{"message": message, "finish_reason": finish}]} if message is not None else {"choices": []}
    monkeypatch.setitem(routes.ROUTES, "/v1/chat/completions", lambda body, shelf: answer)


def test_chat_classifies_by_the_prompt(candidates: Any, endpoint: MockEndpoint, texts: Texts) -> None:
    documents = texts(3)
    found = chat(candidates, endpoint).classify(documents)
    wanted = [answers.symbols(f"{one.title}: {one.text}")[0][0] for one in documents]
    assert [[one.symbol for one in answer] for answer in found] == [[symbol] for symbol in wanted]
    sent = json.loads(next(asked.body for asked in endpoint.asked if "number 0" in asked.body))
    assert sent == {
        "model": "tiny",
        "temperature": 0.0,
        "max_tokens": 512,
        "seed": 7,
        "messages": [
            {"role": "system", "content": "Answer with one symbol."},
            {"role": "user", "content": "title 0: text number 0."},
        ],
    }
    usage = candidates.workplace.meter.take("d0")
    assert (usage.tokens_in, usage.tokens_out) == (9, 1)


def test_chat_translates(candidates: Any, endpoint: MockEndpoint, segments: list[Segment]) -> None:
    found = chat(candidates, endpoint, temperature=None).translate(segments)
    assert found[0].text == "[mock] Translate to Portuguese (Brazil): sentence 0"
    assert "temperature" not in json.loads(endpoint.asked[0].body)


@pytest.mark.parametrize(
    ("message", "finish", "said", "kept"),
    [
        ({"content": "It may be A01B or B60L."}, "stop", "the answer cannot be read", "It may be A01B or B60L."),
        ({"content": "A01B"}, "length", "cut off at max_tokens", "A01B"),
        ({"content": None, "refusal": "I cannot"}, "stop", "the model refused: I cannot", '"refusal"'),
        ({"content": [1]}, "stop", "no text at choices[0].message.content", "[1]"),
        (None, "stop", "no text at choices[0].message.content", "choices"),
    ],
)
def test_a_chat_answer_that_cannot_be_read_is_kept(
    candidates: Any, endpoint: MockEndpoint, texts: Texts, monkeypatch: pytest.MonkeyPatch,
    message: Any, finish: str, said: str, kept: str,
) -> None:  # fmt: skip
    says(monkeypatch, message, finish)
    (failure,) = chat(candidates, endpoint).classify(texts(1))
    assert isinstance(failure, Failure)
    assert said in failure.message
    assert kept in (failure.answer or "")


def test_a_chat_that_cannot_be_sent_asks_nothing(candidates: Any, endpoint: MockEndpoint) -> None:
    given = [Segment("s0", "x" * 50, "en", "es"), Segment("s1", "short", "en", "es")]
    long, short = chat(candidates, endpoint, max_characters=20).translate(given)
    assert isinstance(long, Failure)
    assert not isinstance(short, Failure)
    assert len(endpoint.asked) == 1


def vectors(candidates: Any, endpoint: MockEndpoint, **changes: Any) -> Any:
    own = {"model": "tiny", "batch_size": 4, "tasks": ["classification", "search"]}
    return candidates.of_kind("openai-embeddings", f"{endpoint.url}/v1", **own, **changes)


@pytest.mark.parametrize("head", ["linear", "neighbours"])
def test_vectors_of_the_endpoint_classify(candidates: Any, endpoint: MockEndpoint, head: str) -> None:
    kinds = {"A01B": "plough soil field", "G06F": "memory cache computer"}
    train = [
        LabelledDocument(Document(f"t{n}{symbol}", "", f"{words} {n}"), symbol, (symbol,))
        for symbol, words in kinds.items()
        for n in range(4)
    ]
    candidate = vectors(candidates, endpoint, head=head, neighbours=3)
    candidate.fit(train)
    found = candidate.classify([Document("a", "", "a plough for soil"), Document("b", "", "a cache of memory")])
    assert [answer[0].symbol for answer in found] == ["A01B", "G06F"]
    assert candidates.workplace.meter.take("a").attempts == 1
    asked = len(endpoint.asked)
    vectors(candidates, endpoint, head=head).fit(train)
    assert len(endpoint.asked) == asked, "what was paid for is kept on disk"


def test_vectors_of_the_endpoint_search(candidates: Any, endpoint: MockEndpoint) -> None:
    corpus = [Document("c0", "", "a plough for soil", date="2001-01-01"), Document("c1", "", "memory cache")]
    corpus.append(Document("c2", "", "soil plough", date="2009-01-01"))
    candidate = vectors(candidates, endpoint, prompt="doc: ", query_prompt="find: ")
    candidate.index(corpus)
    (hits,) = candidate.search([Query("q", "plough soil", date="2005-01-01")], 5)
    assert [hit.id for hit in hits] == ["c0", "c1"]
    sent = [text for asked in endpoint.asked for text in json.loads(asked.body)["input"]]
    assert sent == ["doc: a plough for soil", "doc: memory cache", "doc: soil plough", "find: plough soil"]


def test_vectors_are_matched_by_index_and_have_unit_length(
    candidates: Any, endpoint: MockEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = routes.ROUTES["/v1/embeddings"]

    def shuffled(body: Any, shelf: Any) -> Any:
        found = plain(body, shelf)
        rows = [{**row, "embedding": [3 * value for value in row["embedding"]]} for row in found["data"]]
        return {**found, "data": rows[::-1]}

    monkeypatch.setitem(routes.ROUTES, "/v1/embeddings", shuffled)
    given = [f"word{n} other" for n in range(6)]
    found = vectors(candidates, endpoint)._encoder.encode(given)
    np.testing.assert_allclose(found, [answers.vector(text) for text in given], atol=1e-6)


def test_a_text_without_a_vector_is_the_failure_of_its_item(candidates: Any, endpoint: MockEndpoint) -> None:
    train = [LabelledDocument(Document(f"t{n}", "", f"word{n}"), s, (s,)) for n, s in enumerate(["A01B", "B60L"])]
    candidate = vectors(candidates, endpoint)
    candidate.fit(train)
    endpoint.faults = Faults(orders={"poison": "400"})
    found = candidate.classify([Document(f"d{n}", "", "poison" if n == 2 else f"word{n}") for n in range(4)])
    assert [isinstance(answer, Failure) for answer in found] == [False, False, True, False]


def test_a_corpus_with_a_gap_is_refused(candidates: Any, endpoint: MockEndpoint) -> None:
    endpoint.faults = Faults(orders={"poison": "400"})
    with pytest.raises(UserError, match=r"gave no vector for 1 of 2 texts.*HTTP 400"):
        vectors(candidates, endpoint).index([Document("a", "", "poison"), Document("b", "", "good")])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"index": 0, "embedding": [1.0, "x"]}, "no list of"),
        ({"index": 0, "embedding": []}, "no list of"),
        ({"index": 0, "embedding": [1.0, None]}, "no list of"),
        ({"index": 0}, "no list of"),
        ({"index": 1, "embedding": [1.0]}, "which was not asked"),
        ({"index": 0, "embedding": [1.0]}, "the vector has 1 components, and dimensions is 5"),
    ],
)
def test_what_is_no_vector_is_said(
    candidates: Any, endpoint: MockEndpoint, monkeypatch: pytest.MonkeyPatch, row: dict[str, Any], said: str
) -> None:
    monkeypatch.setitem(routes.ROUTES, "/v1/embeddings", lambda body, shelf: {"data": [row]})
    (fault,) = vectors(candidates, endpoint, dimensions=5)._encoder.faults(["d"], ["text"])
    assert said in fault.message


def test_deepl(
    candidates: Any, endpoint: MockEndpoint, segments: list[Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPL_KEY", "k-123456789")
    headers = {"Authorization": {"env": "DEEPL_KEY", "prefix": "DeepL-Auth-Key "}}
    candidate = candidates.of_kind(
        "deepl", f"{endpoint.url}/v2/translate", headers=headers, batch_size=2, options={"formality": "more"},
        pairs=["en-pt", "en-en", "en-de"],
    )  # fmt: skip
    others = [Segment("x", "word", "en-GB", "en"), Segment("y", "word", "en", "de"), Segment("z", "word", "en", "es")]
    found = candidate.translate([*segments, *others])
    assert [answer.text for answer in found[:7]] == [
        *(f"[PT-BR] sentence {n}" for n in range(5)),
        "[EN-US] word",
        "[DE] word",
    ]
    assert found[7].message == "the pair en-es is not served; served: en-pt, en-en, en-de"
    bodies = sorted((json.loads(asked.body) for asked in endpoint.asked), key=lambda body: -len(body["text"]))
    assert [len(body["text"]) for body in bodies] == [2, 2, 1, 1, 1]
    assert bodies[0]["formality"] == "more"
    assert endpoint.asked[0].headers["Authorization"] == "DeepL-Auth-Key k-123456789"


def test_libretranslate(
    candidates: Any, endpoint: MockEndpoint, segments: list[Segment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LT_KEY", "k-123456789")
    candidate = candidates.of_kind(
        "libretranslate", f"{endpoint.url}/translate", options={"api_key": {"env": "LT_KEY"}}, batch_size=3,
        language_codes={"pt-BR": "pb"},
    )  # fmt: skip
    assert [answer.text for answer in candidate.translate(segments)] == [f"[pb] sentence {n}" for n in range(5)]
    assert json.loads(endpoint.asked[0].body)["api_key"] == "k-123456789"
    endpoint.faults = Faults(orders={"sentence 0": "wrong_count"})
    found = candidate.translate(segments)
    assert [isinstance(answer, Failure) for answer in found] == [True, True, True, False, False]


CORPUS = [
    Document("c0", "plough", "soil", date="2001-01-01", family="F0"),
    Document("c1", "plough", "soil", date="2009-01-01", family="F1"),
    Document("c2", "plough", "soil", date="", family="F2"),
    Document("c3", "plough", "soil", date="2000-01-01", family="F3"),
    Document("c4", "memory", "cache", date="2000-01-01"),
]


def test_opensearch_makes_an_index_and_searches_it(candidates: Any, endpoint: MockEndpoint) -> None:
    candidate = candidates.of_kind("opensearch", endpoint.url, index_name="trial", create=True, batch_size=2)
    candidate.index(CORPUS)
    paths = [(asked.method, asked.path) for asked in endpoint.asked]
    assert paths[:2] == [("GET", "/trial/_mapping"), ("PUT", "/trial")]
    assert paths[-1] == ("POST", "/trial/_refresh")
    assert len(endpoint.shelf.documents) == 5
    (hits,) = candidate.search([Query("q", "plough soil", date="2005-01-01", family="F3")], 3)
    assert [hit.id for hit in hits] == ["c0", "c2", "c4"], "later documents and the own family are left out"
    made = json.loads(next(asked.body for asked in endpoint.asked if asked.method == "PUT"))
    assert made["mappings"]["properties"]["text"] == {"type": "text", "analyzer": "standard"}
    candidate.index(CORPUS[:1])
    assert list(endpoint.shelf.documents) == ["c0"], "an index that was made here is made anew"


def test_opensearch_leaves_a_foreign_index_alone(candidates: Any, endpoint: MockEndpoint) -> None:
    endpoint.shelf.indices["office"] = {"mappings": {}}
    endpoint.shelf.documents["theirs"] = {"title": "plough"}
    candidate = candidates.of_kind("opensearch", endpoint.url, index_name="office", create=True)
    with pytest.raises(UserError, match="exists and was not made by this program"):
        candidate.index(CORPUS)
    assert "theirs" in endpoint.shelf.documents
    assert "office" in endpoint.shelf.indices
    searching = candidates.of_kind("opensearch", endpoint.url, index_name="office")
    searching.index(CORPUS)
    assert [hit.id for hit in searching.search([Query("q", "plough")], 3)[0]] == ["theirs"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"_shards": {"failed": 1}, "hits": {"hits": []}}, "1 shards of the index did not answer"),
        ({"timed_out": True, "hits": {"hits": []}}, "stopped before it had searched everything"),
        ({"took": 3}, "'hits.hits[]._id' selects nothing"),
    ],
)
def test_half_an_answer_of_opensearch_is_an_error(
    candidates: Any, endpoint: MockEndpoint, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr(routes, "_search", lambda body, shelf: answer)
    endpoint.shelf.indices["trial"] = {}
    (failure,) = candidates.of_kind("opensearch", endpoint.url, index_name="trial").search([Query("q", "x")], 3)
    assert said in failure.message


def test_documents_that_opensearch_does_not_take_stop_the_run(
    candidates: Any, endpoint: MockEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = routes.engine

    def full(method: str, path: str, text: str, shelf: Any) -> Any:
        return (200, {"errors": True, "items": ["no room"]}) if "_bulk" in path else plain(method, path, text, shelf)

    monkeypatch.setattr(routes, "engine", full)
    with pytest.raises(UserError, match=r"did not take all documents.*no room"):
        candidates.of_kind("opensearch", endpoint.url, index_name="trial", create=True).index(CORPUS)
