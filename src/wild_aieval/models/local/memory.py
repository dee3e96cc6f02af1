"""Batches that fit: filled by a token budget, and halved where the machine has no memory for them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from wild_aieval.items import Failure

T = TypeVar("T")
R = TypeVar("R")
_SMALLEST_SHARE = 1 / 64
_LITTLE = 32  # tokens of padding
# What torch says, as a RuntimeError, where its CPU allocator or a CUDA library gets no memory.
_WORDS = ("can't allocate memory", "not enough memory", "out of memory", "alloc_failed", "std::bad_alloc")

_MEMINFO, _CGROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def is_shortage(error: BaseException) -> bool:
    """Whether torch or Python ran out of memory, on an accelerator or on the CPU."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in _WORDS)


def batches(lengths: Sequence[int], budget: int, most: int) -> Iterator[list[int]]:
    """Indices by falling length; at most ``most`` items and ``budget`` padded tokens a batch, but one item always."""
    return _batches(lengths, lambda: (budget, most))


def _batches(
    lengths: Sequence[int], limits: Callable[[], tuple[int, int]], padding: float = 1.0
) -> Iterator[list[int]]:
    """``limits()``: budget and most items, asked anew for each batch, since they may have fallen since the last.

    ``padding``: the share of a batch that may be padding, but for some tokens that cost less than another batch.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    start = 0
    while start < len(order):
        budget, most = limits()
        # All are padded to the length of the first.
        size = max(min(budget // max(lengths[order[start]], 1), most), 1)
        if padding < 1:
            size = _little_padding([lengths[index] for index in order[start : start + size]], padding)
        yield order[start : start + size]
        start += size


def _little_padding(lengths: Sequence[int], share: float) -> int:
    """How many of the texts, longest first, make a batch with little padding."""
    longest, held = lengths[0], 0
    for number, length in enumerate(lengths):
        held += length
        whole = (number + 1) * longest
        if whole - held > max(share * whole, _LITTLE):
            return number
    return len(lengths)


def distinct(rows: Sequence[Hashable]) -> tuple[list[int], list[int]]:
    """The index of the first of each set of equal rows, and for each row which of these stands for it.

    What is equal is computed once: in other batches its last bits would differ, and ties would be broken by them.
    """
    firsts: dict[Hashable, int] = {}
    places = [firsts.setdefault(row, len(firsts)) for row in rows]
    first_at: dict[int, int] = {}
    for index, place in enumerate(places):
        first_at.setdefault(place, index)
    return list(first_at.values()), places


class Memory:
    """Asks a model batch by batch; remembers that batches were too large, so that later ones start smaller."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._share = 1.0
        self._said = False

    def in_batches(
        self,
        lengths: Sequence[int],
        size: tuple[int, int],
        run: Callable[[list[int]], Sequence[R]],
        advance: Callable[[int], None] | None = None,
        padding: float = 1.0,
    ) -> list[R | Failure]:
        """``run(indices)`` gives one result per index; returns results for all ``lengths``, in their order.

        ``size``: the most padded tokens, and the most items, of a batch. ``advance`` is told how many items are done.
        ``padding``: the share of a batch that may be padding.
        """
        found: dict[int, R | Failure] = {}
        for batch in _batches(lengths, lambda: self._limits(size), padding):
            found.update(zip(batch, self.halving(batch, run), strict=True))
            if advance is not None:
                advance(len(batch))
        return [found[index] for index in range(len(lengths))]

    def _limits(self, size: tuple[int, int]) -> tuple[int, int]:
        budget, most = (max(int(limit * self._share), 1) for limit in size)
        return budget, most

    def halving(self, batch: list[T], run: Callable[[list[T]], Sequence[R]]) -> list[R | Failure]:
        """``run(batch)``, or of its halves where memory is short, down to one; one that does not fit is a Failure.

        Python's own MemoryError for a single item is raised: then the machine is full, whatever is asked.
        """
        fault = ""
        try:
            return list(run(batch))
        except (RuntimeError, MemoryError) as error:
            if not is_shortage(error) or (len(batch) == 1 and isinstance(error, MemoryError)):
                raise
            fault = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        # Outside of 'except', because the exception's traceback holds the tensors that must go.
        release()
        if len(batch) == 1:
            return [Failure(f"no memory for this item alone: {fault}. Shorter texts or a smaller dtype need less.")]
        self._shrink(len(batch))
        half = (len(batch) + 1) // 2
        return [*self.halving(batch[:half], run), *self.halving(batch[half:], run)]

    def _shrink(self, size: int) -> None:
        self._share = max(self._share / 2, _SMALLEST_SHARE)
        if not self._said:
            self._said = True
            print(
                f"{self._owner}: no memory for a batch of {size}, so batches are halved from here on. "
                "A smaller token_budget avoids this.",
                file=sys.stderr,
            )


def free_bytes(device: Any) -> int | None:
    """What the machine, or the accelerator ``device``, has free; within a container what its limit leaves. None where
    it does not say.
    """
    if getattr(device, "type", "cpu") == "cuda":
        import torch

        idle = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0] + idle)
    found = [free for free in (_available(_MEMINFO), _within_limit(_CGROUP)) if free is not None]
    return min(found, default=None)


def _available(meminfo: Path) -> int | None:
    try:
        lines = meminfo.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return None


def _within_limit(group: Path) -> int | None:
    """What the control group of this container has left, files in its cache counted as free."""
    try:
        limit = int((group / "memory.max").read_text(encoding="utf-8"))  # 'max' where there is none
        used = int((group / "memory.current").read_text(encoding="utf-8"))
        lines = (group / "memory.stat").read_text(encoding="utf-8").splitlines()
        cached = next(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
    return max(limit - used + cached, 0)


def release() -> None:
    """Give back what failed batches held."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
