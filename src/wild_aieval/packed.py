"""Many rows in little memory: a million of them must fit beside a model on an ordinary machine.

A dictionary of Python takes a kilobyte where its content takes two hundred bytes. Rows are kept as bytes, block by
block, and are dictionaries only while somebody looks at them.
"""

from __future__ import annotations

import array
import copy
import itertools
import marshal
import os
import tempfile
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Generic, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256
_ROOM = 32 << 20  # bytes in memory for one sequence
Thing = TypeVar("Thing")
Made = TypeVar("Made")


class View(Sequence[Thing]):
    """A sequence whose things are made when they are looked at: ``_at`` makes one. Equal to any sequence of equals."""

    @abstractmethod
    def _at(self, place: int) -> Thing:
        """The thing at a place from 0 to ``len(self) - 1``."""

    @overload
    def __getitem__(self, place: int) -> Thing: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Thing]: ...
    def __getitem__(self, place: int | slice) -> Thing | Sequence[Thing]:
        places = range(len(self))[place]
        return self._at(places) if isinstance(places, int) else [self._at(number) for number in places]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]


class Packed(View[Thing]):
    """A sequence of plain data (dict, list, tuple, str, numbers, None) that does not change.

    Each access gives a copy. Going through in order costs about a microsecond a row; ``packed[i]`` unpacks a block.
    What has no room in memory (32 MB) goes into a file without a name in ``spool``, which ends with the process.
    """

    def __init__(self, rows: Iterable[Thing], spool: Path | None = None) -> None:
        self._blocks = _Blocks(spool)
        self._length = 0
        self._open: tuple[int, list[Thing]] = (-1, [])
        source = iter(rows)
        while block := list(itertools.islice(source, _BLOCK)):
            self._blocks.append(marshal.dumps(block))
            self._length += len(block)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Thing]:
        for number in range(len(self._blocks)):
            yield from marshal.loads(self._blocks[number])  # noqa: S302  bytes of this process

    def _at(self, place: int) -> Thing:
        wanted = place // _BLOCK
        if self._open[0] != wanted:
            self._open = (wanted, marshal.loads(self._blocks[wanted]))  # noqa: S302
        return copy.deepcopy(self._open[1][place % _BLOCK])


class _Blocks:
    """Bytes by number: the first in memory, the others in a file, unless there is no room on the disk."""

    def __init__(self, spool: Path | None) -> None:
        self._spool = spool
        self._room = _ROOM
        self._kept: list[bytes | tuple[int, int]] = []
        self._file: IO[bytes] | None = None

    def append(self, block: bytes) -> None:
        """The next block."""
        self._room -= len(block)
        self._kept.append(block if self._room >= 0 or self._spool is None else self._written(self._spool, block))

    def _written(self, spool: Path, block: bytes) -> bytes | tuple[int, int]:
        """Where it is in the file; the block itself if there is no room, and from then on."""
        try:
            if self._file is None:
                spool.mkdir(parents=True, exist_ok=True)
                self._file = tempfile.TemporaryFile(dir=spool, buffering=0)  # noqa: SIM115  open as long as the blocks
            start = self._file.seek(0, os.SEEK_END)
            if self._file.write(block) == len(block):
                return start, len(block)
        except OSError:
            pass
        self._spool = None
        return block

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, number: int) -> bytes:
        kept = self._kept[number]
        if isinstance(kept, bytes) or self._file is None:
            return cast(bytes, kept)
        return os.pread(self._file.fileno(), kept[1], kept[0])


class Mapped(View[Made], Generic[Thing, Made]):
    """``function`` of each thing of a sequence, made when it is looked at; ``places`` keeps some of them, in order."""

    def __init__(
        self, things: Sequence[Thing], function: Callable[[Thing], Made], places: NDArray[np.int64] | None = None
    ) -> None:
        self._things, self._function, self._places = things, function, places

    def __len__(self) -> int:
        return len(self._things) if self._places is None else len(self._places)

    def __iter__(self) -> Iterator[Made]:
        if self._places is None:
            return map(self._function, self._things)
        return (self._function(self._things[int(place)]) for place in self._places)

    def _at(self, place: int) -> Made:
        return self._function(self._things[place if self._places is None else int(self._places[place])])


class Keys(View[str]):
    """Keys (hexadecimal digests, 64 characters) as one array of bytes."""

    def __init__(self, keys: Iterable[str] | NDArray[np.bytes_]) -> None:
        self.array: NDArray[np.bytes_] = keys if isinstance(keys, np.ndarray) else _as_bytes(keys)

    def only(self, places: NDArray[np.int64]) -> Keys:
        """Those at the places."""
        return Keys(self.array[places])

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[str]:
        return (str(key, "utf-8") for key in self.array)

    def _at(self, place: int) -> str:
        return str(self.array[place], "utf-8")


def _as_bytes(keys: Iterable[str]) -> NDArray[np.bytes_]:
    source = iter(keys)
    parts = []
    while block := [key.encode() for key in itertools.islice(source, 1 << 16)]:
        parts.append(np.array(block, dtype=np.bytes_))
    return np.concatenate(parts) if parts else np.zeros(0, dtype="S64")


class Categories(View[str]):
    """Texts of which there are few different ones: ``names``, and for each place the number of its name."""

    def __init__(self, names: Sequence[str], codes: NDArray[np.int32]) -> None:
        self.names, self.codes = tuple(names), codes

    @classmethod
    def of(cls, texts: Iterable[str]) -> Categories:
        """Names in the order in which they come."""
        numbered = Numbered()
        numbered.extend(texts)
        return numbered.categories()

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[str]:
        return (self.names[code] for code in self.codes)

    def _at(self, place: int) -> str:
        return self.names[int(self.codes[place])]

    @property
    def counts(self) -> dict[str, int]:
        """How often each name comes."""
        found = np.bincount(self.codes, minlength=len(self.names)).tolist()
        return dict(zip(self.names, found, strict=True))


class Numbered:
    """Texts that become categories as they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._codes = array.array("i")

    def extend(self, texts: Iterable[str]) -> None:
        """The next texts."""
        numbers = self._numbers
        self._codes.extend(numbers.setdefault(text, len(numbers)) for text in texts)

    def categories(self) -> Categories:
        """All of them."""
        return Categories(tuple(self._numbers), np.array(self._codes, dtype=np.int32))


def chunks(count: int, size: int) -> Iterator[range]:
    """The numbers 0 to ``count``, some at a time."""
    return (range(start, min(start + size, count)) for start in range(0, count, size))
