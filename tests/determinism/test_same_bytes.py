"""The same run on the same machine gives the same bytes, but for what a clock, the machine or the place says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

DERIVED = ("flags.parquet", "items.parquet", "predictions.parquet", "statistics.npz", "summary.json", "report.html")
# All that may differ between two runs of one RunSpec; docs/reading-the-numbers.md says the same.
OF_THE_CLOCK = ("seconds",)  # predictions.parquet
OF_THE_OCCASION = re.compile(
    r"^\.runspec\.context\.(created|command\[\d+\]|git_sha|git_dirty)$"
    r"|^\.results\[\d+\]\.(timing\..*|resources\.peak_.*|resources\.energy_kwh)$"
)


def start(place: Any, name: str, seed: str, *arguments: str) -> None:
    """A process of its own, in a folder of its own, with its own order of sets."""
    folder = place.root / name
    folder.mkdir(exist_ok=True)
    own = {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1", "WILD_AIEVAL_RUNS": str(folder / "runs")}
    command = [sys.executable, "-m", "wild_aieval", *arguments]
    done = subprocess.run(
        command, env=place.environment() | own, cwd=folder, capture_output=True, text=True, check=False, timeout=400
    )
    assert done.returncode == 0, done.stderr


def differing(one: Any, two: Any, where: str = "") -> Iterator[str]:
    """Names of the fields in which plain data differs."""
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        for name in sorted({*one, *two}):
            yield from differing(one.get(name), two.get(name), f"{where}.{name}")
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for number, pair in enumerate(zip(one, two, strict=True)):
            yield from differing(*pair, f"{where}[{number}]")
    elif one != two:
        yield where


@pytest.mark.slow
def test_two_runs_differ_in_times_only(
    place: Any, documents: list[dict[str, Any]], record_property: Callable[[str, Any], None]
) -> None:
    place.classification(documents, [{**row, "id": f"t{row['id']}"} for row in documents])
    for name, seed in (("one", "1"), ("two", "2")):
        settings = ["benchmark=classification/tiny", f"benchmark_roots=[{place.benchmarks}]", "tracking=none"]
        start(
            place, name, seed, "-m", "model=minilm,tfidf", *settings, f"hydra.sweep.dir={place.root / name / 'sweep'}"
        )
    for run in ("0-minilm", "1-tfidf"):
        one, two = (place.root / name / "sweep" / run for name in ("one", "two"))
        for file in ("flags.parquet", "items.parquet", "statistics.npz"):
            assert (one / file).read_bytes() == (two / file).read_bytes(), f"{run}: {file}"
        tables = [pq.read_table(folder / "predictions.parquet") for folder in (one, two)]
        assert tables[0].schema.equals(tables[1].schema, check_metadata=True)
        assert tables[0].drop_columns(OF_THE_CLOCK).equals(tables[1].drop_columns(OF_THE_CLOCK))
        summaries = [json.loads((folder / "summary.json").read_text()) for folder in (one, two)]
        found = list(differing(*summaries))
        assert found, "the folders at least have other names"
        assert [name for name in found if not OF_THE_OCCASION.match(name)] == []
    record_property("runs repeated to the byte", 2)


@pytest.mark.slow
def test_what_is_derived_from_one_journal_is_the_same_to_the_byte(
    place: Any, documents: list[dict[str, Any]], record_property: Callable[[str, Any], None]
) -> None:
    """Elsewhere, at another time, by a process that orders its sets otherwise; the report too."""
    place.classification(documents, [{**row, "id": f"t{row['id']}"} for row in documents])
    _, folder = place.run("tfidf")
    for name, seed in (("here", "3"), ("far/away", "4")):
        (place.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(folder.path, place.root / name)
        start(place, f"work-{seed}", seed, "rescore", str(place.root / name))
    for file in DERIVED:
        one, two = (place.root / name / file for name in ("here", "far/away"))
        assert one.read_bytes() == two.read_bytes(), file
        if file != "report.html":  # made for the first time
            assert one.read_bytes() == (folder.path / file).read_bytes(), file
    record_property("files derived again to the byte", len(DERIVED))


def test_no_clock_stands_in_the_headers_of_files(place: Any, documents: list[dict[str, Any]], tmp_path: Path) -> None:
    """A zip archive carries a day for each of its members: the first that there is."""
    import zipfile

    place.classification(documents)
    _, folder = place.run(place.tricky())
    with zipfile.ZipFile(folder.path / "statistics.npz") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
