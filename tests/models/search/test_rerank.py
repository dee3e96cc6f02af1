"""A cross-encoder made here, against one pair at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Hit, Query
from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace

Build = Callable[..., Any]
BM25 = {"name": "bm25", "kind": "bm25"}
CORPUS = [
    Document("d1", "a plough", "for soil", family="F1"),
    Document("d2", "", "soil of the network router packet", date="2005-01-01"),
    Document("d3", "", "eye test of soil"),
    Document("d4", "soil", "the shaft turns and turns and turns " * 4),
    Document("d5", "", "battery"),
]
QUERIES = [
    Query("q1", "soil of a plough"),
    Query("q2", "soil test", date="2001-01-01", family="F1"),
    Query("q3", "zzz"),
]


@pytest.fixture(scope="session")
def reader(classifier_folder: Callable[..., Path]) -> Path:
    return classifier_folder(["LABEL_0"])


def logits(folder: Path, pairs: list[tuple[str, str]], tokens: int = 64) -> list[float]:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        return [
            float(model(**tokenizer(*pair, truncation=True, max_length=tokens, return_tensors="pt")).logits[0, 0])
            for pair in pairs
        ]


def reranker(build: Build, reader: Path, **settings: Any) -> Any:
    model = build("rerank", path=str(reader), **{"member": BM25, "max_tokens": 64, **settings})
    model.index(CORPUS)
    return model


@pytest.mark.parametrize("budget", [64, 4096])
def test_the_order_is_that_of_the_logits_of_single_pairs(build: Build, reader: Path, budget: int) -> None:
    answers = reranker(build, reader, token_budget=budget).search(QUERIES, 10)
    texts = {document.id: document.full_text for document in CORPUS}
    for query, found in zip(QUERIES, [["d1", "d2", "d3", "d4"], ["d3", "d4"], []], strict=True):
        expected = dict(zip(found, logits(reader, [(query.text, texts[name]) for name in found]), strict=True))
        answer = answers[QUERIES.index(query)]
        assert [hit.id for hit in answer] == sorted(found, key=lambda name: -expected[name])
        assert dict(answer) == pytest.approx(expected, abs=1e-4)
    assert len({round(hit.score, 4) for hit in answers[0]}) == 4, "the pairs are told apart"


def test_what_was_not_read_follows_in_the_members_order(build: Build, reader: Path) -> None:
    member = build("bm25")
    member.index(CORPUS)
    order = [hit.id for hit in member.search(QUERIES[:1], 10)[0]]
    answer = reranker(build, reader, depth=2).search(QUERIES[:1], 10)[0]
    assert {hit.id for hit in answer[:2]} == set(order[:2])
    assert [hit.id for hit in answer[2:]] == order[2:]
    scores = [hit.score for hit in answer]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert len(reranker(build, reader, depth=2).search(QUERIES[:1], 1)[0]) == 1


def test_more_is_asked_of_the_member_than_is_given(build: Build, reader: Path) -> None:
    whole = reranker(build, reader).search(QUERIES[:1], 10)[0]
    cut = reranker(build, reader).search(QUERIES[:1], 1)[0]
    assert [hit.id for hit in cut] == [whole[0].id]
    assert cut[0].score == pytest.approx(whole[0].score, abs=1e-4)


def test_a_failure_of_the_member_stays_one(build: Build, reader: Path) -> None:
    model = reranker(build, reader)
    alone = model.search(QUERIES[:1], 10)[0]

    class Member:
        def search(self, queries: Any, k: int) -> Any:
            return [Failure("no"), [Hit(hit.id, 1.0) for hit in alone]]

    model._member = Member()
    answers = model.search([QUERIES[1], QUERIES[0]], 10)
    assert answers[0] == Failure("no")
    assert dict(answers[1]) == pytest.approx(dict(alone), abs=1e-4)


def test_the_part_of_the_query_is_for_the_reader_only(build: Build, reader: Path) -> None:
    query = Query("q", "A plough. The soil of an eye test.")
    model = reranker(build, reader, query="first_sentence")
    answer = dict(model.search([query], 10)[0])
    assert set(answer) == {"d1", "d2", "d3", "d4"}, "the member was asked with the whole text"
    assert answer["d3"] == pytest.approx(logits(reader, [("A plough.", "eye test of soil")])[0], abs=1e-4)
    failed = reranker(build, reader, query="first_claim").search([query], 10)[0]
    assert isinstance(failed, Failure)
    assert "first claim" in failed.message


def test_a_score_that_is_no_number_is_a_failure(build: Build, reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = reranker(build, reader)
    monkeypatch.setattr(model, "_scores", lambda pairs: [1.0, float("nan"), 2.0, Failure("no memory")][: len(pairs)])
    assert isinstance(model.search(QUERIES[:1], 10)[0], Failure)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"id2label": {"0": "A01B", "1": "A61B"}}, "with 2 outputs"),
        ({"architectures": ["BertModel"]}, "describes BertModel"),
    ],
)
def test_a_model_that_is_no_cross_encoder_is_refused(
    build: Build, reader: Path, tmp_path: Path, change: dict[str, Any], expected: str
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    for file in reader.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text()) | change
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=f"{expected}.*ForSequenceClassification"):
        reranker(build, folder)


def test_the_member_is_checked_and_counts(build: Build, reader: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'tfidf' does not search"):
        build("rerank", path=str(reader), member={"name": "t", "kind": "tfidf"})

    def identity(member: dict[str, Any]) -> Any:
        raw = {"name": "r", "kind": "rerank", "path": str(reader), "member": member}
        settings = registry.read_settings(raw, "r")
        return settings.identity(), registry.build(settings, Workplace(0, tmp_path)).facts()

    assert identity(BM25) == identity({**BM25, "name": "another"})
    assert identity(BM25) != identity({**BM25, "k1": 0.5})
    assert set(identity(BM25)[1]) == {"files", "torch", "transformers", "tokenizers", "member"}
