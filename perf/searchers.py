"""One searcher at work, in a process of its own and in whatever environment has it: called by ``search.py``.

python perf/searchers.py CASE FOLDER    FOLDER: what ``prepare`` wrote; figures go to FOLDER/CASE.json

Every case gives what a caller needs: for each query 100 pairs of id and score, best first. Texts and vectors lie in
memory before the clock starts; peaks are those of the whole process.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

DEPTH, CHUNK = 100, 32
WIDTH = 384
Answers = list[list[tuple[str, float]]]
Ask = Callable[[list[Any]], Answers]


def prepare(folder: Path, documents: int, queries: int) -> None:
    """Texts of 15 to 45 words and vectors of unit length, in groups as real ones are; queries like them."""
    chance = np.random.default_rng(5)
    names = np.array([f"w{number:x}" for number in range(200_000)], dtype=object)
    shares = np.cumsum(1 / np.arange(1, len(names) + 1))

    def text(words: int) -> str:
        return " ".join(names[np.searchsorted(shares, chance.random(words) * shares[-1])].tolist())

    with (folder / "texts.txt").open("w", encoding="utf-8") as stream:
        stream.writelines(f"{text(int(words))}\n" for words in chance.integers(15, 46, documents))
    (folder / "short.txt").write_text("".join(f"{text(10)}\n" for _ in range(queries)))
    (folder / "long.txt").write_text("".join(f"{text(400)}\n" for _ in range(max(4, queries // 8))))
    topics = chance.standard_normal((200, WIDTH), dtype=np.float32)
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, (documents, WIDTH))
    for start in range(0, documents, 50_000):
        found = vectors[start : start + 50_000]
        found[:] = 0.8 * topics[chance.integers(0, 200, len(found))]
        found += chance.standard_normal(found.shape, dtype=np.float32)
        found /= np.linalg.norm(found, axis=1, keepdims=True)
    asked = vectors[chance.integers(0, documents, queries)] + chance.standard_normal((queries, WIDTH)) / 20
    np.save(folder / "asked.npy", (asked / np.linalg.norm(asked, axis=1, keepdims=True)).astype(np.float32))
    del vectors


def names_of(count: int) -> list[str]:
    """Ids in order."""
    return [f"d{number:07}" for number in range(count)]


def pairs(names: Sequence[str], rows: Any, scores: Any) -> Answers:
    """Arrays of rows and scores as lists of id and score."""
    return [
        [(names[n], s) for n, s in zip(*row, strict=True)] for row in zip(rows.tolist(), scores.tolist(), strict=True)
    ]


def in_chunks(ask: Ask, queries: Sequence[Any], size: int = CHUNK) -> Answers:
    """As the harness asks: some at a time."""
    return [found for start in range(0, len(queries), size) for found in ask(list(queries[start : start + size]))]


# Lexical: texts in, a function that answers texts out ----------------------------------------------------------------


def harness(texts: list[str]) -> Ask:
    """The candidate ``bm25``."""
    from wild_aieval.items import Document, Query
    from wild_aieval.models import registry
    from wild_aieval.models.protocols import Workplace

    settings = registry.read_settings({"name": "bm25", "kind": "bm25"}, "bm25")
    model = registry.build(settings, Workplace(0, Path("unused")))
    names = names_of(len(texts))
    model.index([Document(n, "", t, date=day(number)) for number, (n, t) in enumerate(zip(names, texts, strict=True))])

    def ask(queries: list[Any]) -> Answers:
        given = [query if isinstance(query, tuple) else (query, "") for query in queries]
        return model.search([Query(str(n), text, date=date) for n, (text, date) in enumerate(given)], DEPTH)

    return ask


def day(number: int) -> str:
    """A date in no order."""
    mixed = number * 7919 % 8640
    return f"20{mixed // 360:02}-{mixed // 30 % 12 + 1:02}-{mixed % 28 + 1:02}"


def by_bm25s(backend: str) -> Callable[[list[str]], Ask]:
    """The library bm25s."""

    def index(texts: list[str]) -> Ask:
        import bm25s

        engine, names = bm25s.BM25(backend=backend), names_of(len(texts))
        engine.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)

        def ask(queries: list[str]) -> Answers:
            words = bm25s.tokenize(queries, stopwords="en", return_ids=False, show_progress=False)
            return pairs(names, *engine.retrieve(words, k=DEPTH, show_progress=False))

        return ask

    return index


def by_tantivy(texts: list[str]) -> Ask:
    """The library tantivy, whose index is in memory; ids are stored fields."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", stored=False, tokenizer_name="default")
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    index = tantivy.Index(builder.build())
    writer = index.writer(heap_size=500_000_000, num_threads=1)
    for name, text in zip(names_of(len(texts)), texts, strict=True):
        writer.add_document(tantivy.Document(body=text, id=name))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ask(queries: list[str]) -> Answers:
        found = [searcher.search(index.parse_query(query, ["body"]), DEPTH).hits for query in queries]
        return [[(searcher.doc(place)["id"][0], score) for score, place in hits] for hits in found]

    return ask


# Dense: vectors in, a function that answers vectors out --------------------------------------------------------------


def harness_dense(vectors: Any) -> Ask:
    """Dense search as candidates have it, with torch loaded as their encoders load it."""
    import torch

    from wild_aieval.items import Document, Query
    from wild_aieval.models.embeddings.dense_search import DenseSearch
    from wild_aieval.models.embeddings.embedding import EmbeddingModel
    from wild_aieval.models.protocols import Workplace

    torch.set_num_threads(1)

    class Given:
        """Gives the vectors that lie ready."""

        asked: Any = vectors

        def encode(self, texts: Sequence[str], queries: bool = False) -> Any:
            return self.asked

    encoder, names = Given(), names_of(len(vectors))
    settings = EmbeddingModel.Settings(name="dense", kind="embedding", path="unused")
    search = DenseSearch(settings, encoder, Workplace(0, Path("unused")))
    search.index([Document(name, "", "") for name in names])

    def ask(queries: list[Any]) -> Answers:
        encoder.asked = np.stack(queries)
        return search.search([Query("q", "")] * len(queries), DEPTH)

    return ask


def by_torch(vectors: Any) -> Ask:
    """A product in bfloat16 and the best of it; what rounding changes stays changed."""
    import torch

    torch.set_num_threads(1)
    names, corpus = names_of(len(vectors)), torch.from_numpy(vectors).to(torch.bfloat16)

    def ask(queries: list[Any]) -> Answers:
        scores, rows = torch.topk(torch.from_numpy(np.stack(queries)).to(torch.bfloat16) @ corpus.T, DEPTH)
        return pairs(names, rows, scores.float())

    return ask


def by_numpy(vectors: Any) -> Ask:
    """A product in float32 and the best of it."""
    names = names_of(len(vectors))

    def ask(queries: list[Any]) -> Answers:
        scores = np.stack(queries) @ vectors.T
        rows = np.argpartition(scores, -DEPTH, axis=1)[:, -DEPTH:]
        found = np.take_along_axis(scores, rows, axis=1)
        order = np.argsort(-found, axis=1)
        return pairs(names, np.take_along_axis(rows, order, axis=1), np.take_along_axis(found, order, axis=1))

    return ask


def by_faiss(vectors: Any) -> Ask:
    """The flat index of FAISS."""
    import faiss

    faiss.omp_set_num_threads(1)
    names, index = names_of(len(vectors)), faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)

    def ask(queries: list[Any]) -> Answers:
        scores, rows = index.search(np.stack(queries), DEPTH)
        return pairs(names, rows, scores)

    return ask


LEXICAL: dict[str, Callable[[list[str]], Ask]] = {
    "bm25": harness,
    "bm25s": by_bm25s("numpy"),
    "bm25s-numba": by_bm25s("numba"),
    "tantivy": by_tantivy,
}
DENSE: dict[str, Callable[[Any], Ask]] = {
    "dense": harness_dense,
    "torch-bfloat16": by_torch,
    "numpy-float32": by_numpy,
    "faiss": by_faiss,
}


def run(case: str, folder: Path) -> dict[str, Any]:
    """CPU seconds of imports and compilation (``start``), of the index, of a query of each kind; the peak of memory."""
    figures: dict[str, Any] = {}

    def timed(name: str, work: Callable[[], Any], per: int = 1) -> Any:
        begun = time.process_time()
        found = work()
        figures[name] = (time.process_time() - begun) / per
        return found

    if case in DENSE:
        vectors, asked = np.load(folder / "vectors.npy"), list(np.load(folder / "asked.npy"))
        kinds: dict[str, list[Any]] = {"dense": asked}
        timed("start", lambda: DENSE[case](vectors[:200])(asked[:1]))
        ask = timed("index", lambda: DENSE[case](vectors))
    else:
        texts = (folder / "texts.txt").read_text(encoding="utf-8").splitlines()
        kinds = {name: (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines() for name in ("short", "long")}
        if case == "bm25":
            kinds["dated"] = [(text, day(number * 31)) for number, text in enumerate(kinds["short"])]
        timed("start", lambda: LEXICAL[case](texts[:200])(kinds["short"][:1]))
        ask = timed("index", lambda: LEXICAL[case](texts))
    for name, queries in kinds.items():
        answers = timed(name, lambda queries=queries: in_chunks(ask, queries), len(queries))
        figures.setdefault("answers", [found[:10] for found in answers[:20]])
    figures["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


if __name__ == "__main__":
    chosen, place = sys.argv[1], Path(sys.argv[2])
    (place / f"{chosen}.json").write_text(json.dumps(run(chosen, place)), encoding="utf-8")
