"""Batches by a token budget, halved where memory is short; one item that does not fit is an error of that item."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wild_aieval.items import Document, Failure
from wild_aieval.models.local.memory import Memory, batches, is_shortage

CPU_WORDS = (
    "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
)


def cuda_error() -> Exception:
    import torch

    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


class Short:
    """Stands for a model with room for ``room`` items at once; notes the sizes it was asked."""

    def __init__(self, room: int, error: Callable[[], Exception] = cuda_error) -> None:
        self.room, self.error = room, error
        self.sizes: list[int] = []

    def __call__(self, batch: list[int]) -> list[int]:
        self.sizes.append(len(batch))
        if len(batch) > self.room:
            raise self.error()
        return [10 * item for item in batch]


@given(
    st.lists(st.integers(0, 50), max_size=40), st.integers(1, 120), st.integers(1, 9)
)  # fmt: skip
def test_batches_hold_every_item_once_within_both_limits(lengths: list[int], budget: int, most: int) -> None:
    found = list(batches(lengths, budget, most))
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) <= most
        assert len(batch) == 1 or max(lengths[index] for index in batch) * len(batch) <= budget


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 120), st.integers(1, 9))
def test_batches_are_as_full_as_the_limits_allow(lengths: list[int], budget: int, most: int) -> None:
    found = list(batches(lengths, budget, most))
    for batch, after in pairwise(found):
        longest = max(lengths[batch[0]], 1)
        assert longest >= lengths[after[0]]
        assert len(batch) == most or longest * (len(batch) + 1) > budget


def test_many_batches_take_time_in_proportion() -> None:
    class Counted(list[int]):
        looks = 0

        def __getitem__(self, index: Any) -> Any:
            Counted.looks += 1
            return super().__getitem__(index)

    told: list[int] = []
    lengths = Counted([1] * 2000)
    assert Memory("m").in_batches(lengths, (1, 1), lambda batch: batch, told.append) == list(range(2000))
    assert Counted.looks <= 4 * 2000
    assert sum(told) == len(told) == 2000


@pytest.mark.parametrize(
    "error", [cuda_error, lambda: RuntimeError(CPU_WORDS), lambda: RuntimeError("CUBLAS_STATUS_ALLOC_FAILED")]
)
def test_a_batch_is_halved_until_it_fits_and_that_is_said_once(
    error: Callable[[], Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    memory, model = Memory("my-model"), Short(2, error)
    assert memory.in_batches([1] * 16, (1000, 8), model) == [10 * item for item in range(16)]
    assert model.sizes[:3] == [8, 4, 2]
    assert model.sizes.count(8) == 1, "later batches start smaller"
    said = capsys.readouterr().err
    assert said.count("no memory for a batch of 8") == 1
    assert said.count("\n") == 1
    assert "my-model" in said


def test_an_item_that_does_not_fit_alone_is_a_failure_and_the_others_are_answered() -> None:
    def ask(batch: list[int]) -> list[int]:
        if 3 in batch:
            raise cuda_error()
        return batch

    answers = Memory("m").in_batches([1] * 6, (100, 6), ask)
    assert [answer for answer in answers if not isinstance(answer, Failure)] == [0, 1, 2, 4, 5]
    assert isinstance(answers[3], Failure)
    assert "no memory for this item alone: CUDA out of memory" in answers[3].message


def test_other_errors_and_a_full_machine_are_raised() -> None:
    with pytest.raises(RuntimeError, match="shape mismatch"):
        Memory("m").in_batches([1, 1], (9, 9), Short(0, lambda: RuntimeError("shape mismatch")))
    model = Short(0, lambda: MemoryError("full"))
    with pytest.raises(MemoryError, match="full"):
        Memory("m").in_batches([1] * 4, (9, 9), model)
    assert model.sizes == [4, 2, 1]


def test_what_the_allocator_of_torch_really_says_is_known() -> None:
    import torch

    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**62, dtype=torch.uint8)
    assert is_shortage(raised.value), str(raised.value)


def test_tensors_of_a_failed_batch_are_gone_before_its_halves_are_asked() -> None:
    import weakref

    import torch

    held: list[Any] = []

    def ask(batch: list[int]) -> list[int]:
        assert all(reference() is None for reference in held)
        tensor = torch.zeros(len(batch))
        held.append(weakref.ref(tensor))
        if len(batch) > 1:
            raise cuda_error()
        return batch

    assert Memory("m").in_batches([1] * 4, (9, 9), ask) == [0, 1, 2, 3]


def test_an_adapter_gives_the_same_answers_with_little_memory(
    build: Callable[..., Any], classifier_folder: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(classifier_folder(["A01B", "G06F", "H04L"]))
    documents = [Document(str(n), "", "a plough for soil " * n) for n in range(1, 7)]
    expected = build("transformers-classifier", path=path, suggestions=3).classify(documents)
    model = build("transformers-classifier", path=path, suggestions=3)
    model._load()
    forward = model._model.forward

    def small(**inputs: Any) -> Any:
        if len(inputs["input_ids"]) > 2:
            raise cuda_error()
        return forward(**inputs)

    model._model.forward = small
    found = model.classify(documents)
    assert [[s.symbol for s in answer] for answer in found] == [[s.symbol for s in answer] for answer in expected]
    assert "token_budget" in capsys.readouterr().err

    def none(**inputs: Any) -> Any:
        raise cuda_error()

    model._model.forward = none
    assert all(isinstance(answer, Failure) for answer in model.classify(documents))


def embedder(build: Callable[..., Any], folder: Path, room: int, error: Callable[[], Exception] = cuda_error) -> Any:
    """Dense search whose encoder has room for ``room`` tokens at once; ``sizes`` notes the batches."""
    model = build("embedding", path=str(folder), runtime="torch", token_budget=64, prompt=f"room {room} ")
    network = model._encoder._network()._model
    forward, model.sizes = network.forward, []

    def small(**inputs: Any) -> Any:
        model.sizes.append(len(inputs["input_ids"]))
        if inputs["input_ids"].numel() > room:
            raise error()
        return forward(**inputs)

    network.forward = small
    return model


@pytest.mark.parametrize("error", [cuda_error, lambda: RuntimeError(CPU_WORDS)])
def test_an_encoder_halves_batches_and_stays_with_smaller_ones(
    build: Callable[..., Any],
    classifier_folder: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    error: Callable[[], Exception],
) -> None:
    folder, texts = classifier_folder(["A01B", "G06F"]), [f"a plough {n // 10} {n % 10}" for n in range(10, 90)]
    model = embedder(build, folder, 40, error)
    found = model._encoder.encode(texts)
    said = capsys.readouterr().err
    assert said.count("no memory for a batch of") == 1
    assert "embedding" in said
    assert model.sizes.count(max(model.sizes)) == 1, "later batches start smaller"
    plenty = build("embedding", path=str(folder), runtime="torch", prompt="room 40 ")
    plenty._encoder._store = type(model._encoder._store)(folder / "another-cache")
    assert abs(found - plenty._encoder.encode(texts)).max() < 1e-5


def test_a_text_that_an_encoder_cannot_take_alone_is_an_error_of_its_item(
    build: Callable[..., Any], classifier_folder: Callable[..., Path]
) -> None:
    from wild_aieval.asking import ask
    from wild_aieval.items import Query

    class Task:
        def ask(self, model: Any, items: Any, _: object) -> Any:
            return model.search(items, 1)

    model = embedder(build, classifier_folder(["A01B", "G06F"]), 30)
    model.index([Document("d1", "", "soil"), Document("d2", "", "router")])
    queries: Any = [Query("a", "soil"), Query("b", "soil " * 60), Query("c", "router")]
    first, second, third = ask(Task(), model, queries, None)  # type: ignore[arg-type]
    assert (first[0].id, third[0].id) == ("d1", "d2")
    assert isinstance(second, Failure)
    assert "no memory for this item alone" in second.message
