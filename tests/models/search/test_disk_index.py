"""BM25 from a file: scores of the index in memory to the last bit; made once, and made again where it is damaged."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Query
from wild_aieval.models.search import array_file, disk_index
from wild_aieval.models.search.analysis import Analysis
from wild_aieval.models.search.inverted_index import InvertedIndex, in_memory

Build = Callable[..., Any]
WORDS = [f"shaft{number} gearing{number}s" for number in range(150)] + ["the", "of", "and", "Straße", "\udc80x"]


def corpus_of(count: int, seed: int = 0) -> list[Document]:
    chance = random.Random(seed)
    shares = [1 / (place + 1) for place in range(len(WORDS))]

    def text() -> str:
        return " ".join(chance.choices(WORDS, shares, k=chance.randrange(40)))

    return [
        Document(
            f"d{number}",
            text() if number % 3 else "",
            text(),
            language=("en", "de", "fr")[number % 3],
            date=f"20{chance.randrange(10, 30)}-01-01" if number % 5 else "",
            family=f"F{number % 17}" if number % 2 else "",
        )
        for number in range(count)
    ]


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks, many ranges."""
    monkeypatch.setattr(disk_index, "_CHARACTERS", 900)
    monkeypatch.setattr(disk_index, "_POSTINGS", 150)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("settings", [{}, {"stop_words": "auto", "bigrams": True, "k1": 0.9, "b": 0.4}])
@pytest.mark.parametrize("count", [0, 1, 500])
def test_answers_are_those_of_the_index_in_memory_to_the_last_bit(
    build: Build, settings: dict[str, Any], count: int
) -> None:
    corpus = corpus_of(count)
    queries = [
        Query(f"q{number}", f"{one.title} {one.text}", date=one.date, family=one.family, language="de")
        for number, one in enumerate(corpus_of(30, seed=1))
    ]
    memory, disk = (build("bm25", store=store, **settings) for store in ("memory", "disk"))
    for model in (memory, disk):
        model.index(corpus)
    assert disk.search(queries, 20) == memory.search(queries, 20)
    assert count < 500 or sum(map(len, memory.search(queries, 20))) > 300


@pytest.mark.usefixtures("small_pieces")
def test_stems_are_shared_by_blocks(build: Build) -> None:
    pytest.importorskip("Stemmer")
    corpus, queries = corpus_of(200), [Query("q", "gearing1 shaft3s", language="en")]
    found = []
    for store in ("memory", "disk"):
        model = build("bm25", store=store, stemmer="auto", stop_words="auto")
        model.index(corpus)
        found.append(model.search(queries, 50))
    assert found[0] == found[1]
    assert found[0][0]


@pytest.mark.usefixtures("small_pieces")
def test_every_score_of_every_word_is_the_same(tmp_path: Path) -> None:
    texts = [(one.full_text, "en") for one in corpus_of(300)]
    order = np.random.default_rng(2).permutation(300)
    (tmp_path / "a").mkdir()
    disk_index.build(tmp_path / "a" / "b", Analysis(), iter(texts), order, (1.5, 0.75), lambda count: None)
    kept, memory = disk_index.opened(tmp_path / "a" / "b"), in_memory(Analysis().terms(texts), order, 1.5, 0.75)
    assert kept is not None
    assert kept.vocabulary.keys() == memory.vocabulary.keys()
    for word in memory.vocabulary:
        one, other = np.empty(300, dtype=np.float32), np.empty(300, dtype=np.float32)
        InvertedIndex(kept).score([word], one)
        InvertedIndex(memory).score([word], other)
        assert one.tobytes() == other.tobytes(), word
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0, "it tells about texts"


def files(build_cache: Path) -> list[Path]:
    return list((build_cache / "search").glob("*.bm25"))


@pytest.mark.parametrize("harm", ["none", "a bit", "cut", "empty", "words"])
def test_a_second_run_opens_the_file_and_makes_a_damaged_one_again(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    corpus, queries = corpus_of(120), [Query("q", "shaft1 gearing2s shaft4")]
    first = build("bm25", store="disk")
    first.index(corpus)
    expected = first.search(queries, 10)
    (file,) = files(tmp_path / "cache")
    raw = bytearray(file.read_bytes())
    if harm == "a bit":
        raw[len(raw) // 2] ^= 4
    elif harm == "words":
        raw[-70] ^= 1
    file.unlink()
    file.write_bytes({"cut": raw[:-9], "empty": b""}.get(harm, raw))
    made, build_file = [], disk_index.build
    monkeypatch.setattr(disk_index, "build", lambda *given: (made.append(1), build_file(*given)))
    again = build("bm25", store="disk")
    again.index(corpus)
    assert again.search(queries, 10) == expected
    assert len(made) == (harm != "none")


def test_what_changes_the_index_has_a_file_of_its_own(build: Build, tmp_path: Path) -> None:
    corpus = corpus_of(20)
    other_dates = [Document(one.id, one.title, one.text, one.language, "2001-01-01") for one in corpus]
    other_ids = [Document(f"x{one.id}", one.title, one.text, one.language, one.date, one.family) for one in corpus]
    for number, (texts, settings) in enumerate(
        [(corpus, {}), (corpus[:-1], {}), (other_dates, {}), (corpus, {"k1": 1.0}), (corpus, {"stop_words": None})], 1
    ):
        build("bm25", store="disk", **settings).index(texts)
        assert len(files(tmp_path / "cache")) == number
    build("bm25", store="disk").index(other_ids)
    assert len(files(tmp_path / "cache")) == 5, "ids are no part of it"


def test_a_disk_without_room_is_said(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(array_file, "reserve", full)
    with pytest.raises(UserError, match=r"texts could not be read .*No space left.*Make room.*model\.store=memory"):
        build("bm25", store="disk").index(corpus_of(5))
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


def test_a_file_is_as_if_it_were_not_there_until_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "arrays"
    file.with_name("arrays.part").write_bytes(b"of a process that was killed" * 1000)
    with pytest.raises(ValueError, match="not filled"), array_file.Writer(file, {"a": ("<i4", 3)}) as writer:
        writer.add("a", np.arange(2))
    assert array_file.opened(file) is None
    with array_file.Writer(file, {"a": ("<i4", 3), "b": ("<f8", 0)}) as writer:
        writer.add("a", np.arange(2))
        writer.add("a", np.array([7]))
    found = array_file.opened(file)
    assert found is not None
    assert found["a"].tolist() == [0, 1, 7]
    assert not found["a"].flags.writeable
    assert [path.name for path in file.parent.iterdir()] == ["arrays"]
    assert file.stat().st_mode & 0o077 == 0


def test_no_bit_of_the_description_can_be_wrong(tmp_path: Path) -> None:
    file = tmp_path / "arrays"
    with array_file.Writer(file, {"a": ("<i4", 3), "b": ("|u1", 5)}) as writer:
        writer.add("a", np.arange(3))
        writer.add("b", np.arange(5))
    raw = file.read_bytes()
    described = raw.rindex(b"}", 0, 4096) + 1
    for bit in range(0, described * 8, 3):  # each of the eight places of a byte
        harmed = bytearray(raw)
        harmed[bit // 8] ^= 1 << bit % 8
        file.write_bytes(harmed)
        assert array_file.opened(file) is None, bit
