"""The main job on real patent data, from import to figures that agree with independent ones."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("WILD_AIEVAL_REAL_DATA", str(HERE.parents[2] / "shared" / "data")))


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"real patent data are not at {DATA} (set WILD_AIEVAL_REAL_DATA)")
def test_figures_on_real_data_agree_with_references(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    sys.modules.pop("real_data", None)
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
