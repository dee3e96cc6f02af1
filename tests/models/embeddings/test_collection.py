"""Vectors of a corpus in a file: computed once, in order, continued after a crash, mended where they are damaged."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from wild_aieval.errors import UserError
from wild_aieval.models.embeddings import collection
from wild_aieval.models.embeddings.collection import Work, filled, keys_of

TEXTS = [f"text {number % 37}" for number in range(50)]  # the last thirteen come for the second time


class Maker:
    """A vector says which text it is of; ``asked`` keeps the texts that were computed."""

    def __init__(self, fails_after: int = 10**9) -> None:
        self.asked: list[str] = []
        self.done = 0
        self._left = fails_after

    def __call__(self, folder: Path, texts: Sequence[str] = TEXTS) -> np.ndarray:
        return filled(folder, keys_of(texts), lambda: iter(texts), Work("m", self._compute, self._advance)).vectors

    def _compute(self, block: list[str]) -> np.ndarray:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        self.asked += block
        return np.array([vector_of(text) for text in block], dtype=np.float32)

    def _advance(self, count: int) -> None:
        self.done += count


def vector_of(text: str) -> list[float]:
    number = int(text.split()[-1])
    return [number / 3, -number, 1.0]


def right(vectors: np.ndarray, texts: Iterable[str] = TEXTS) -> bool:
    expected = np.array([vector_of(text) for text in texts], dtype=np.float32).astype(np.float16)
    return vectors.dtype == np.float16 and bool((vectors == expected).all())


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "_BLOCK", 8)


def the_file(folder: Path) -> Path:
    (file,) = folder.glob("*.corpus")
    return file


def test_each_text_is_computed_once_and_never_again(tmp_path: Path) -> None:
    first, again = Maker(), Maker()
    assert right(first(tmp_path / "v"))
    assert sorted(first.asked) == sorted(set(TEXTS))
    assert first.done == 50
    assert right(again(tmp_path / "v"))
    assert again.asked == []
    assert not again(tmp_path / "v").flags.writeable
    assert the_file(tmp_path / "v").stat().st_mode & 0o077 == 0, "vectors tell about texts"
    assert filled(tmp_path, keys_of([]), list, Work("m", first._compute, first._advance)).vectors.shape == (0, 1)


def test_another_order_is_another_corpus(tmp_path: Path) -> None:
    assert right(Maker()(tmp_path))
    assert right(Maker()(tmp_path, TEXTS[::-1]), TEXTS[::-1])
    assert len(list(tmp_path.glob("*.corpus"))) == 2


def test_after_a_crash_only_the_rest_is_computed(tmp_path: Path) -> None:
    killed, again = Maker(fails_after=2), Maker()
    with pytest.raises(KeyboardInterrupt):
        killed(tmp_path)
    assert len(killed.asked) == 16
    assert right(again(tmp_path))
    assert sorted(killed.asked + again.asked) == sorted(set(TEXTS))


@pytest.mark.parametrize(("harm", "computed"), [("a bit", 1), ("cut", 37), ("header", 37), ("another", 37)])
def test_what_is_damaged_is_computed_again(tmp_path: Path, harm: str, computed: int) -> None:
    Maker()(tmp_path)
    file = the_file(tmp_path)
    raw = bytearray(file.read_bytes())
    if harm == "a bit":
        raw[-6 * 30 - 1] ^= 1  # of text 19, which stands once only
    elif harm == "cut":
        del raw[-5:]
    else:
        raw[0 if harm == "header" else 8] ^= 1
    file.unlink()
    file.write_bytes(raw)
    again = Maker()
    assert right(again(tmp_path))
    assert len(again.asked) == computed


def test_a_damaged_copy_is_taken_from_the_text_that_is_whole(tmp_path: Path) -> None:
    Maker()(tmp_path)
    file = the_file(tmp_path)
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1  # of the last text, which stands further up too
    file.write_bytes(raw)
    again = Maker()
    assert right(again(tmp_path))
    assert again.asked == []


def test_numbers_that_float16_cannot_hold_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds 70000, which float16.*model\.vectors=memory"):
        Maker()(tmp_path, ["text 1", "text 70000"])


def test_no_room_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(collection, "reserve", full)
    maker = Maker()
    with pytest.raises(UserError, match=r"written.*texts could not be read.*No space.*50 vectors.*vectors=memory"):
        maker(tmp_path)
    assert len(maker.asked) == 8, "the length of a vector is known with the first block"


class Slow(Maker):
    def _compute(self, block: list[str]) -> np.ndarray:
        time.sleep(0.05)
        return super()._compute(block)


def work(folder: Path, number: int) -> None:
    maker = Slow()
    assert right(maker(folder))
    (folder.parent / f"count{number}").write_text(str(len(maker.asked)))


def test_two_processes_share_the_work(tmp_path: Path) -> None:
    started = [get_context("fork").Process(target=work, args=(tmp_path / "v", number)) for number in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join()
        assert process.exitcode == 0
    assert sorted(int((tmp_path / f"count{number}").read_text()) for number in range(3)) == [0, 0, 37]
