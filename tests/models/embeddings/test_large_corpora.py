"""A corpus that does not fit: exact search by blocks, IVF-PQ and a graph from mapped vectors, recall on a sample."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Hit, Query
from wild_aieval.models import registry
from wild_aieval.models.embeddings import blocks, dense_search, ivfpq
from wild_aieval.models.embeddings.ann_recall import AnnRecall, Asked, SampledRecall
from wild_aieval.models.embeddings.blocks import Blocks
from wild_aieval.models.embeddings.ivfpq import Codes, IvfPq
from wild_aieval.models.embeddings.vector_index import Hnsw, Plain
from wild_aieval.models.protocols import Workplace
from wild_aieval.models.search.eligible import Eligibility, Pool

Build = Callable[..., Any]
WORDS = [f"word{number}" for number in range(60)]


def vectors(count: int, width: int, seed: int = 3) -> np.ndarray[Any, Any]:
    found = np.random.default_rng(seed).standard_normal((count, width), dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def corpus_of(count: int) -> list[Document]:
    return [
        Document(
            f"{n * 7 % count:05}",
            "",
            f"{WORDS[n % 60]} {WORDS[n * n % 59]} {WORDS[n // 60 % 60]}",
            date=f"20{n * 13 % 30:02}-01-01" if n % 7 else "",
            family=f"F{n % 11}" if n % 3 else "",
        )
        for n in range(count)
    ]


@pytest.fixture
def static_folder(tmp_path: Path) -> Path:
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = tmp_path / "static"
    folder.mkdir()
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(["[UNK]", *WORDS])}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({"embeddings": vectors(61, 16)}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    return folder


@pytest.mark.parametrize("size", [1, 64, 10**6])
@pytest.mark.parametrize("k", [1, 40, 3000])
def test_blocks_find_what_memory_finds_to_the_last_bit(monkeypatch: pytest.MonkeyPatch, size: int, k: int) -> None:
    monkeypatch.setattr(blocks, "_DOCUMENTS", max(size, 37))
    monkeypatch.setattr(blocks, "_QUERIES", 7)
    eligible, asked = Eligibility(corpus_of(1500)), vectors(24, 48, seed=5)
    halves = vectors(1500, 48).astype(np.float16)
    halves[700:] = halves[:800]  # ties, broken by id
    halves[1200:] = np.nextafter(halves[:300], np.float16(1))  # and near ties
    queries = [
        Query(str(n), "", date=f"20{n:02}-06-01" if n % 4 else "", family=f"F{n % 5}" if n % 2 else "")
        for n in range(24)
    ]
    pools = [*(eligible.pool(query) for query in queries[:-1]), Pool(0, np.zeros(0, dtype=np.int64))]

    def ranked(index: Any) -> list[list[Hit]]:
        return [eligible.ranked(found.rows, found.scores, k) for found in index.near(asked, pools, k)]

    in_memory = Plain(halves.astype(np.float32)[eligible.order])
    assert ranked(Blocks(halves, eligible.rows)) == ranked(in_memory)
    assert list(Blocks(halves[:0], eligible.rows[:0]).near(asked[:0], [], k)) == []


def test_the_candidate_gives_the_answers_of_the_same_numbers_in_memory(
    build: Build, static_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = corpus_of(400)
    queries = [Query(f"q{n}", f"{WORDS[n]} {WORDS[3 * n]}", date=f"20{n + 5}-01-01", family="F3") for n in range(20)]
    settings = {"path": str(static_folder), "name": "s"}
    mapped = build("embedding", vectors="mapped", **settings)
    mapped.index(corpus)
    found = mapped.search(queries, 30)

    memory = build("embedding", **settings)
    encode = memory._encoder.encode
    monkeypatch.setattr(
        memory._search._encoder,
        "encode",
        lambda texts, queries=False: (
            encode(texts, queries) if queries else encode(texts).astype(np.float16).astype(np.float32)
        ),
    )
    memory.index(corpus)
    assert memory.search(queries, 30) == found
    assert sum(map(len, found)) > 300
    again = build("embedding", vectors="mapped", **settings)
    monkeypatch.setattr(again._encoder, "_encode", None)  # nothing is computed again
    again.index(corpus)
    again.index([])
    assert again.search([], 3) == []


def test_float16_is_another_candidate_and_unused_settings_change_no_key() -> None:
    def identity(**settings: Any) -> dict[str, Any]:
        raw = {"name": "s", "kind": "embedding", "path": "x", **settings}
        return registry.read_settings(raw, "s").identity()

    plain = identity()
    assert not {"vectors", "ivf_probe", "pq_bytes", "recall_queries"} & plain.keys(), "keys of before stay"
    assert identity(ivf_probe=5, pq_bytes=8, recall_queries=9) == plain
    assert identity(vectors="mapped") != plain
    codes = identity(index="ivfpq")
    for name, value in {
        "ivf_lists": 9,
        "ivf_probe": 9,
        "ivf_candidates": 9,
        "pq_bytes": 8,
        "pq_rotation": True,
    }.items():
        assert identity(index="ivfpq", **{name: value}) != codes, name
    assert identity(index="ivfpq", recall_queries=9) == codes


class TestIvfPq:
    def setup_method(self) -> None:
        pytest.importorskip("faiss")
        self.eligible = Eligibility(corpus_of(3000))
        self.stored = vectors(3000, 32).astype(np.float16)
        self.asked = vectors(15, 32, seed=8)
        self.pools = [Pool(3000 - 150 * n, np.arange(n % 2, 600, 2)) for n in range(15)]

    def made(self, file: Path | None = None, seed: int = 1, **codes: Any) -> IvfPq:
        whole = {"lists": 32, "probe": 32, "code_bytes": 16, "rotation": False, "candidates": 600} | codes
        return IvfPq(self.stored, self.eligible.rows, Codes(**whole), seed, "m", file)

    def found(self, index: Any, k: int = 20) -> list[list[Hit]]:
        near = index.near(self.asked, self.pools, k)
        return [self.eligible.ranked(found.rows, found.scores, k) for found in near]

    def recall(self, index: Any) -> float:
        exact = self.found(Blocks(self.stored, self.eligible.rows))
        pairs = zip(self.found(index), exact, strict=True)
        return float(np.mean([len({*near} & {*best}) / len(best) for near, best in pairs]))

    @pytest.mark.parametrize("rotation", [False, True])
    def test_wide_lists_find_nearly_all_with_true_scores_and_narrow_ones_do_not(
        self, rotation: bool, tmp_path: Path
    ) -> None:
        wide = self.made(tmp_path / "kept.corpus", rotation=rotation)
        assert self.recall(wide) > 0.97
        assert self.recall(self.made(tmp_path / "kept.corpus", rotation=rotation, probe=2)) < 0.6
        for near, pool in zip(wide.near(self.asked, self.pools, 20), self.pools, strict=True):
            assert pool.mask(3000)[near.rows].all(), "only documents that may answer"

    def test_coarse_codes_and_few_candidates_find_less(self) -> None:
        self.pools = [Pool(pool.size, pool.without[:0]) for pool in self.pools]
        assert self.recall(self.made(candidates=20, code_bytes=2)) < 0.6

    def test_it_is_the_same_every_time_on_any_number_of_threads(self) -> None:
        import faiss

        one, threads = self.found(self.made(probe=3)), faiss.omp_get_max_threads()
        try:
            faiss.omp_set_num_threads(3)
            assert self.found(self.made(probe=3)) == one
        finally:
            faiss.omp_set_num_threads(threads)
        assert self.found(self.made(probe=3, seed=2)) != one

    def test_it_is_kept_beside_the_vectors_and_made_again_where_it_is_damaged(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made, make = [], IvfPq._made
        monkeypatch.setattr(IvfPq, "_made", lambda *given: (made.append(1), make(*given))[1])
        file = tmp_path / "a.corpus"
        first = self.found(self.made(file))
        assert self.found(self.made(file)) == first
        assert len(made) == 1
        (kept,) = tmp_path.glob("*.faiss")
        kept.write_bytes(kept.read_bytes()[:-100])
        assert self.found(self.made(file)) == first
        assert len(made) == 2
        self.made(file, seed=2)
        self.made(file, probe=1, candidates=20)
        assert len(made) == 3, "how it is asked is no part of it"

    def test_codes_that_do_not_fit_the_vectors_are_said(self) -> None:
        with pytest.raises(UserError, match=r"pq_bytes is 5, and the vectors have 32 .* Set one of 8, 16, 32"):
            self.made(code_bytes=5)


def test_a_graph_from_halves_is_that_of_the_same_numbers() -> None:
    pytest.importorskip("faiss")
    halves, asked = vectors(600, 24).astype(np.float16), vectors(10, 24, seed=9)
    every, pools = np.arange(600), [Pool(600, np.zeros(0, dtype=np.int64))] * 10
    wide = Hnsw(halves, every, 16, 100, 600, "m")
    exact = Blocks(halves, every)
    for near, best in zip(wide.near(asked, pools, 10), exact.near(asked, pools, 10), strict=True):
        assert {*near.rows.tolist()} == {*best.rows[np.argsort(-best.scores)][:10].tolist()}
        assert set(near.scores.tolist()) <= set(best.scores.tolist())


@pytest.mark.parametrize("index", ["ivfpq", "hnsw"])
def test_the_recall_of_a_large_corpus_is_measured_on_a_sample(
    build: Build, static_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, index: str
) -> None:
    pytest.importorskip("faiss")
    monkeypatch.setattr(dense_search, "_EVERY", 300)
    monkeypatch.setattr(ivfpq, "_LEARNED", 8)
    settings = {"path": str(static_folder), "index": index, "pq_bytes": 4, "ivf_probe": 1, "hnsw_search": 8}
    workplace = Workplace(0, static_folder.parent / "cache")
    model = build("embedding", workplace=workplace, vectors="mapped", recall_queries=10, **settings)
    model.index(corpus_of(900))
    queries = [Query(f"q{n}", f"{WORDS[n]} {WORDS[n + 1]}") for n in range(40)]
    answers = [hits for start in (0, 13, 30) for hits in model.search(queries[start : (start or -27) + 13], 10)]
    assert answers
    assert "recall@" not in capsys.readouterr().err, "measured when all were asked"
    for told in workplace.after:
        told()
    said = capsys.readouterr().err
    assert f"recall@10 of the {index} index against exact search" in said
    assert "a sample of 10 queries of " in said


def test_nothing_of_an_earlier_benchmark_stays_in_memory(
    build: Build, static_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    pytest.importorskip("faiss")
    made: list[weakref.ref[Any]] = []
    exact_index = dense_search.exact_index

    def noted(*given: Any) -> Any:
        index = exact_index(*given)
        made.append(weakref.ref(index))
        return index

    monkeypatch.setattr(dense_search, "exact_index", noted)
    model = build("embedding", path=str(static_folder), index="hnsw", hnsw_search=8, recall_queries=3)
    for _ in range(3):
        model.index(corpus_of(300))
        model.search([Query("q", "word3 word4")], 10)
    gc.collect()
    assert [index() is not None for index in made] == [False, False, False, True]
    capsys.readouterr()
    del model
    gc.collect()
    assert capsys.readouterr().err == "", "a run that ended before all were asked"


def test_few_documents_are_searched_exactly(build: Build, static_folder: Path) -> None:
    pytest.importorskip("faiss")
    query = [Query("q", "word3 word4")]
    found = []
    for index in ("exact", "ivfpq"):
        model = build("embedding", path=str(static_folder), index=index)
        model.index(corpus_of(200))
        found.append(model.search(query, 10))
    assert found[0] == found[1]


def test_the_sample_is_seeded_and_knows_no_order(capsys: Any) -> None:
    asked = [
        Asked(f"q{n}", np.zeros(1, dtype=np.float32), Pool(1, np.zeros(0, np.int64)), [Hit("a", 1.0)])
        for n in range(50)
    ]
    measured: list[list[str]] = []

    def exact(chosen: Any, k: int) -> list[list[Hit]]:
        measured.append(sorted(one.id for one in chosen))
        return [[Hit("a", 1.0)] if int(one.id[1:]) % 2 else [Hit("b", 1.0)] for one in chosen]

    for order, seed in ((asked, 0), (asked[::-1], 0), (asked, 1)):
        recall = SampledRecall(AnnRecall("m", "ivfpq"), 20, seed, exact)
        for one in order:
            recall.add(one, 10)
        recall.tell()
        recall.tell()  # said once
    assert measured[0] == measured[1] != measured[2]
    assert [len(set(ids)) for ids in measured] == [20] * 3
    said = capsys.readouterr().err
    share = sum(int(name[1:]) % 2 for name in measured[0]) / 20
    assert f"{share:.4f} on average over a sample of 20 queries of 50 (95 % interval 0." in said
    assert said.count("on average") == 3
