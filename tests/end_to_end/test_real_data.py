"""The main job on real patent data, from import to figures that agree with independent ones."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("WILD_AIEVAL_REAL_DATA", str(HERE.parents[2] / "shared" / "data")))
SCRIPTS = ("harness", "real_data", "handed_in", "tiny_models", "connections", "connections_page")
QUICK = {
    "tfidf", "tfidf.jsonl", "tfidf.csv", "tfidf.xlsx", "gaps.jsonl", "bm25", "bm25.trec", "http-mock",
    "opensearch-mock",
}  # fmt: skip
pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"real patent data are not at {DATA} (set WILD_AIEVAL_REAL_DATA)"),
]


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts of this folder can be imported."""
    monkeypatch.syspath_prepend(str(HERE))
    for name in SCRIPTS:
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("scripts")
def test_each_way_to_connect_a_tool_gives_what_it_must(tmp_path: Path) -> None:
    import connections
    import connections_page

    ways = [*connections.ADAPTERS, *connections.FILES, *connections.MOCKED]
    few = [replace(way, limit=10) if way.name == "opensearch-mock" else way for way in ways if way.name in QUICK]
    results = connections.perform(DATA, tmp_path, few)
    assert connections.off(few, results) == []
    gaps = results["gaps.jsonl"]["measures"]["subclass.first_guess.any"]
    assert gaps["n"] == 300
    assert gaps["value"] < results["tfidf"]["measures"]["subclass.first_guess.any"]["value"]
    page = connections_page.render(few, results)
    assert all(f"| {way.name} | {way.what} |" in page for way in few)

    def spoilt(name: str, **changes: Any) -> list[str]:
        return connections.off(few, results | {name: results[name] | changes})

    assert spoilt("tfidf.csv", measures=results["gaps.jsonl"]["measures"]) == ["tfidf.csv: other figures than tfidf"]
    assert spoilt("gaps.jsonl", said="") == ["gaps.jsonl: nothing was said of ids that the benchmark lacks"]
    lost = spoilt("bm25", counts={"asked": 398, "answered": 397, "errors": 1, "scored": 398})
    assert lost == ["bm25: 1 items in error instead of 0", "bm25.trec: other figures than bm25"]


@pytest.mark.usefixtures("scripts")
def test_figures_on_real_data_agree_with_references(tmp_path: Path) -> None:
    import real_data

    results = real_data.perform(DATA, tmp_path)
    assert real_data.off(results) == []
    by_name = {(result["benchmark"], result["model"]): result for result in results}
    claims = by_name["translation/ep-claims-en-de", "copy-source"]
    assert claims["counts"]["asked"] == 329
    assert "clusters:" in claims["measures"]["bleu"]["signature"]
    assert all(result["counts"]["errors"] == 0 for result in results)

    pairs = {(pair["one"], pair["other"]): pair for group in real_data.compared(tmp_path) for pair in group["pairs"]}
    for better, worse in (("minilm", "tfidf"), ("apertium", "copy-source"), ("hybrid", "bm25")):
        if (better, worse) in pairs:  # apertium may not be installed
            assert pairs[better, worse]["told_apart"], (better, worse)
            assert f"{better} is better than {worse} by " in pairs[better, worse]["sentence"]
    tie = pairs["hybrid", "minilm"]
    assert not tie["told_apart"]
    assert "cannot be told apart by Recall@10" in tie["sentence"]
    assert 1000 < tie["items_needed"] < 10_000
