"""The postings of a collection that does not fit into memory: made block by block, merged on disk, mapped to be asked.

Texts are read once. Each block of them becomes a run: its postings in the order of words, in a file without a name.
Then ranges of words are taken from all runs, put in order and given their scores, which go into one file of the cache
(``array_file``). Words, documents and scores are those of the index in memory, by the same functions.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval.models.search import array_file
from wild_aieval.models.search.analysis import Analysis, Reader, Terms
from wild_aieval.models.search.array_file import Writer
from wild_aieval.models.search.inverted_index import Postings, Weights

FORMAT = 1  # raised when other bytes would be written for the same texts
_CHARACTERS = 2**25  # of texts that are in memory at once
_POSTINGS = 2**22  # that are put in order at once

Texts = Iterable[tuple[str, str]]
Integers = NDArray[np.int64]


def fingerprint(texts: Texts) -> str:
    """Of texts and their languages, in order."""
    total = hashlib.blake2b(digest_size=16)
    for text, language in texts:
        raw = text.encode("utf-8", "surrogatepass")
        total.update(b"%d %s " % (len(raw), language.encode("utf-8", "surrogatepass")))
        total.update(raw)
    return total.hexdigest()


def fingerprint_of(rows: Integers) -> str:
    """Of the order of documents."""
    return hashlib.blake2b(np.ascontiguousarray(rows, dtype="<i8").data, digest_size=16).hexdigest()


class _Run(NamedTuple):
    """Postings of a block of documents, sorted by word: ``words`` (ascending) and where those of each begin.

    ``place``: of the first byte in the file, where the documents of all postings lie (numbers within the block, int32),
    and then how often the word stands in them (int32). ``document``: number of the block's first document.
    """

    words: NDArray[np.int32]
    begins: Integers
    place: int
    document: int


class _Runs:
    """The runs of all blocks, in a file without a name that ends with the process."""

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  open as long as needed
        self._runs: list[_Run] = []
        self._end = 0

    def close(self) -> None:
        self._file.close()

    def add(self, terms: Terms, document: int) -> None:
        """The postings of a block whose first document has this number."""
        places = terms.numbers.astype(np.int64) * max(1, len(terms.lengths)) + terms.owners
        places.sort()
        first = np.flatnonzero(np.diff(places, prepend=-1))
        counts = np.diff(first, append=len(places)).astype(np.int32)
        numbers, owners = np.divmod(places[first], max(1, len(terms.lengths)))
        begins = np.flatnonzero(np.diff(numbers, prepend=-1))
        words = numbers[begins].astype(np.int32)
        self._runs.append(_Run(words, np.append(begins, len(numbers)), self._end, document))
        for part in (owners.astype(np.int32), counts):
            array_file.write_at(self._file.fileno(), array_file.as_bytes(part), self._end)
            self._end += part.nbytes

    def frequencies(self, size: int) -> Integers:
        """In how many documents each word stands."""
        found = np.zeros(size, dtype=np.int64)
        for run in self._runs:
            found[run.words] += np.diff(run.begins)
        return found

    def merged(self, first: int, last: int, rows: Integers) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Rows and counts of all postings of the words from ``first`` to before ``last``, by word, then row."""
        mapped = np.memmap(self._file, np.int32, "r") if self._end else np.zeros(0, dtype=np.int32)
        keys, counts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int32)]
        for run in self._runs:
            chosen = slice(*np.searchsorted(run.words, (first, last)).tolist())
            sizes = np.diff(run.begins[chosen.start : chosen.stop + 1])
            if not len(sizes):
                continue
            begin = run.place // 4 + int(run.begins[chosen.start])
            many, beyond = int(sizes.sum()), int(run.begins[-1])
            words = np.repeat(run.words[chosen].astype(np.int64) - first, sizes)
            keys.append(words * len(rows) + rows[mapped[begin : begin + many] + np.int64(run.document)])
            counts.append(np.array(mapped[begin + beyond : begin + beyond + many]))
        joined = np.concatenate(keys)
        order = np.argsort(joined)
        return (joined[order] % max(1, len(rows))).astype(np.int32), np.concatenate(counts)[order]


def build(
    file: Path,
    analysis: Analysis,
    texts: Texts,
    rows: Integers,
    weights: tuple[float, float],
    advance: Callable[[int], None],
) -> None:
    """Write the index of ``texts``, the row of each of which stands in ``rows``; ``weights``: k1 and b.

    ``advance`` is told how many texts were read. OSError where the disk has no room.
    """
    runs, reader = _Runs(file.parent), analysis.reader()
    try:
        lengths = np.zeros(len(rows), dtype=np.int64)
        document = 0
        for block in _blocks(texts):
            terms = reader.read(block)
            runs.add(terms, document)
            lengths[rows[document : document + len(block)]] = terms.lengths
            document += len(block)
            advance(len(block))
        _write(file, runs, reader, rows, Weights(lengths, *weights))
    finally:
        runs.close()


def _blocks(texts: Texts) -> Iterator[Sequence[tuple[str, str]]]:
    block: list[tuple[str, str]] = []
    characters = 0
    for pair in texts:
        block.append(pair)
        characters += len(pair[0])
        if characters >= _CHARACTERS:
            yield block
            block, characters = [], 0
    if block:
        yield block


def _write(file: Path, runs: _Runs, reader: Reader, rows: Integers, weights: Weights) -> None:
    frequencies = runs.frequencies(reader.size)
    inverse = weights.inverse(frequencies) if len(frequencies) else np.zeros(0, dtype=np.float32)
    starts = np.concatenate([[0], np.cumsum(frequencies)])
    words = "\n".join(reader.vocabulary).encode("utf-8", "surrogatepass")
    sizes = {
        "documents": ("<i8", 1),
        "starts": ("<i8", len(starts)),
        "rows": ("<i4", int(starts[-1])),
        "scores": ("<f4", int(starts[-1])),
        "numbers": ("<i4", len(reader.vocabulary)),
        "words": ("|u1", len(words)),
    }
    with Writer(file, sizes) as writer:
        writer.add("documents", np.array([len(rows)]))
        writer.add("starts", starts)
        writer.add("numbers", np.fromiter(reader.vocabulary.values(), np.int32, len(reader.vocabulary)))
        writer.add("words", np.frombuffer(words, dtype=np.uint8))
        for first, last in _ranges(starts):
            found, counts = runs.merged(first, last, rows)
            writer.add("rows", found)
            rare = np.repeat(inverse[first:last], frequencies[first:last])
            writer.add("scores", weights.scores(counts, found, rare))


def _ranges(starts: Integers) -> Iterator[tuple[int, int]]:
    """Words that have at most so many postings together; a word of its own where it alone has more."""
    first = 0
    while first < len(starts) - 1:
        last = int(np.searchsorted(starts, starts[first] + _POSTINGS, side="right")) - 1
        last = max(last, first + 1)
        yield first, last
        first = last


def opened(file: Path) -> Postings | None:
    """The postings of a file that ``build`` wrote, mapped; None where there is none, or not a whole one."""
    arrays = array_file.opened(file)
    if arrays is None:
        return None
    listed = arrays["words"].tobytes().decode("utf-8", "surrogatepass")
    vocabulary = dict(zip(listed.split("\n") if listed else [], arrays["numbers"].tolist(), strict=True))
    return Postings(vocabulary, int(arrays["documents"][0]), arrays["starts"], arrays["rows"], arrays["scores"])
