"""Vectors are kept text by text, shared by whoever computes them in the same way, and survive what happens to files."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.models.embeddings import segments
from wild_aieval.models.embeddings.vector_store import VectorStore


def vector(text: str) -> Any:
    return (
        np.random.default_rng(sum(text.encode("utf-8", "surrogatepass")) + len(text)).normal(size=8).astype(np.float32)
    )


class Asked:
    """Computes vectors and notes for which texts."""

    def __init__(self, cache: Path, content: Any = "plain", blocks: int = 100) -> None:
        self.store, self.content, self.blocks = VectorStore(cache), content, blocks
        self.texts: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Any:
        def compute(chosen: list[int]) -> Iterator[Any]:
            self.texts = [texts[number] for number in chosen]
            for start in range(0, len(chosen), self.blocks):
                block = chosen[start : start + self.blocks][::-1]
                yield block, np.stack([vector(texts[number]) for number in block])

        self.texts = []
        found = self.store.vectors(self.content, texts, compute)
        np.testing.assert_array_equal(found, [vector(text) for text in texts])
        return self.texts


def test_each_text_is_computed_once_whatever_the_list(tmp_path: Path) -> None:
    ask = Asked(tmp_path)
    assert sorted(ask(["a", "b", "a", "c", "b"])) == ["a", "b", "c"]
    assert ask(["c", "d", "a"]) == ["d"]
    other = Asked(tmp_path, blocks=1)
    assert other(["d", "b", "é", "\ud800"]) == ["é", "\ud800"]
    assert Asked(tmp_path)(["\ud800", "a", "é"]) == []
    assert Asked(tmp_path, content="other")(["a"]) == ["a"], "what computes otherwise shares nothing"


def test_what_was_computed_before_a_fault_is_kept(tmp_path: Path) -> None:
    def compute(chosen: list[int]) -> Iterator[Any]:
        yield [chosen[0]], vector("a")[None]
        raise RuntimeError("no luck")

    with pytest.raises(RuntimeError, match="no luck"):
        VectorStore(tmp_path).vectors("plain", ["a", "b"], compute)
    assert Asked(tmp_path)(["a", "b"]) == ["b"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[:20],
        lambda whole: whole[:-1],
        lambda whole: whole + b"x",
        lambda whole: b"\x80\x04pickle" + whole[10:],
        lambda whole: whole[:8] + b"\xff" * 8 + whole[16:],
        lambda whole: whole[:16] + b"\0" * 8 + whole[24:],
    ],
)
def test_a_damaged_file_is_as_if_it_were_not_there(tmp_path: Path, damage: Any) -> None:
    Asked(tmp_path)(["a", "b"])
    (file,) = tmp_path.rglob("*.vectors")
    file.write_bytes(damage(file.read_bytes()))
    assert sorted(Asked(tmp_path)(["a", "b"])) == ["a", "b"]
    assert Asked(tmp_path)(["a", "b"]) == []


def test_a_single_changed_bit_costs_its_own_vector_only(tmp_path: Path) -> None:
    ask = Asked(tmp_path)
    ask(["a", "b", "c"])
    (file,) = tmp_path.rglob("*.vectors")
    whole = bytearray(file.read_bytes())
    whole[-1] ^= 1
    file.write_bytes(whole)
    again = Asked(tmp_path)(["a", "b", "c"])
    assert len(again) == 1
    assert Asked(tmp_path)(["a", "b", "c"]) == [], "the newer one is read"


def test_many_small_files_become_few(tmp_path: Path) -> None:
    ask = Asked(tmp_path)
    texts = [f"text {number}" for number in range(300)]
    for text in texts:
        ask([text])
    assert len(list(tmp_path.rglob("*.vectors"))) < 40
    assert Asked(tmp_path)(texts) == []
    assert ask(texts) == []


def test_a_bad_vector_is_not_carried_into_a_merged_file(tmp_path: Path) -> None:
    keys = np.arange(8, dtype="<u8").reshape(4, 2)
    parts = [segments.write(tmp_path / "s", keys[n : n + 2], np.full((2, 3), n, dtype=np.float32)) for n in (0, 2)]
    assert parts[0] is not None and parts[1] is not None
    whole = bytearray(parts[0].file.read_bytes())
    whole[-1] ^= 1
    parts[0].file.write_bytes(whole)
    merged = segments.merge(tmp_path / "s", segments.read(tmp_path / "s"))
    assert merged is not None
    assert (merged.find(keys) >= 0).tolist() == [True, False, True, True]
    assert [file.suffix for file in (tmp_path / "s").iterdir()] == [".vectors"]


def test_a_disk_without_room_loses_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "embeddings").write_text("a file where a folder should be")
    assert Asked(tmp_path)(["a", "b"]) == ["a", "b"]
    (tmp_path / "embeddings").unlink()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert Asked(tmp_path)(["a", "b"]) == ["a", "b"]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def work(cache: Path, number: int) -> None:
    ask = Asked(cache)
    for start in range(0, 60, 3):
        ask([f"text {(start * (number + 1) + k) % 60}" for k in range(5)])


def test_processes_at_the_same_time_do_each_other_no_harm(tmp_path: Path) -> None:
    started = [get_context("fork").Process(target=work, args=(tmp_path, number)) for number in range(4)]
    for process in started:
        process.start()
    for process in started:
        process.join()
        assert process.exitcode == 0
    assert not list(tmp_path.rglob("*.part"))
    assert Asked(tmp_path)([f"text {number}" for number in range(60)]) == []


def test_a_text_costs_little(tmp_path: Path) -> None:
    """Far below what the quickest encoder takes; the bound leaves room for a busy machine."""
    texts = [f"text {number} " + "shaft " * 100 for number in range(5000)]
    vectors = np.random.default_rng(0).normal(size=(5000, 384)).astype(np.float32)
    spent = []
    for _ in range(2):
        begun = time.process_time()
        VectorStore(tmp_path).vectors("plain", texts, lambda chosen: [(chosen, vectors[chosen])])
        spent.append((time.process_time() - begun) / 5000)
    assert max(spent) < 60e-6, spent
    assert spent[1] < 40e-6, spent
