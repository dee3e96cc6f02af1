"""The corpus of the fuzzer, and mutations of it with fixed seeds, read as ordinary tests: rows, or one UserError."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import mutators
import pytest
import targets

import run

MUTATIONS = 150  # of each target, spread over its corpus
CORPUS = Path(run.__file__).resolve().parent / "corpus"


def inputs(name: str) -> list[bytes]:
    """The inputs of a target in one order on all machines."""
    return [path.read_bytes() for folder in run.seeds(name) for path in sorted(folder.iterdir())]


@pytest.fixture(autouse=True)
def quiet() -> None:
    """openpyxl says what it misses in a workbook."""
    warnings.filterwarnings("ignore", module="openpyxl")


def test_every_target_has_a_corpus_that_is_small() -> None:
    assert set(targets.TARGETS) == set(run.NAMES) == {path.name for path in CORPUS.iterdir()}
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 300_000
    assert max(path.stat().st_size for path in files) <= run.KEPT


@pytest.mark.parametrize("name", run.NAMES)
def test_the_corpus_is_read_or_refused_well(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rows = [targets.TARGETS[name].run(data, tmp_path) for data in inputs(name)]
    assert any(rows)  # else the target reads nothing and proves nothing
    record_property("bad inputs", rows.count(0))


@pytest.mark.parametrize("name", run.NAMES)
def test_mutations_of_the_corpus_are_read_or_refused_well(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    corpus, target = inputs(name), targets.TARGETS[name]
    seen = {
        mutators.mutated(target.kind, corpus[seed * len(corpus) // MUTATIONS], seed, run.LARGEST)
        for seed in range(MUTATIONS)
    }
    for data in sorted(seen):
        target.run(data, tmp_path)
    assert len(seen) > MUTATIONS // 2
    record_property("bad inputs", len(seen))


def test_a_mutation_is_the_same_each_time() -> None:
    for name in run.NAMES:
        target, data = targets.TARGETS[name], inputs(name)[-1]
        once, again = ([mutators.mutated(target.kind, data, seed) for seed in range(20)] for _ in range(2))
        assert once == again
        assert len(set(once)) > 10


def test_a_forged_ledger_gets_past_its_hashes() -> None:
    """Else the mutations of ledgers would never reach what reads the events."""
    data = max(inputs("ledger"), key=len)
    assert mutators.resigned(data) == data
    forged = mutators.resigned(data.replace(b'"anna"', b'"otto"'))
    assert b'"otto"' in forged
    assert len(forged) == len(data)


def test_what_is_said_badly_is_a_fault(tmp_path: Path) -> None:
    """The check of messages can fail."""

    def refuse(path: Path) -> int:
        raise targets.UserError("something is wrong somewhere")

    with pytest.raises(targets.Wrong, match="does not name the file"):
        targets.Target("fuzzed.csv", refuse, "csv").run(b"", tmp_path)
