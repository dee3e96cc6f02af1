"""Certificates on real patent data: what is certified is not contradicted, and what cannot be is refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("WILD_AIEVAL_REAL_DATA", str(HERE.parents[2] / "shared" / "data")))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"real patent data are not at {DATA} (set WILD_AIEVAL_REAL_DATA)"),
]


def test_certificates_on_real_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    for name in ("harness", "oversight"):
        sys.modules.pop(name, None)
    import oversight

    monkeypatch.setattr(oversight, "MODELS", "tfidf")
    monkeypatch.setattr(oversight, "SEARCHERS", "bm25")
    monkeypatch.setattr(oversight, "DEPTHS", [("bm25", 0.1), ("bm25", 0.4)])
    monkeypatch.setattr(oversight, "TRANSFER", [("tfidf", "section", 0.1)])
    found = oversight.perform(DATA, tmp_path)
    assert oversight.off(found) == []
    thresholds = {(e["error"].split(".")[1], e["alpha"]): e for c in found["thresholds"] for e in c["certificates"]}
    assert thresholds["section", 0.05]["certified"]
    assert thresholds["section", 0.05]["coverage_cal"] > 0.4
    assert not thresholds["class", 0.05]["certified"]  # a third of all documents are missed: nothing is promised
    assert all("ASSUMED" in entry["statement"] for entry in thresholds.values() if entry["certified"])
    shallow, deep = (content["certificates"][0] for content in found["depths"])
    assert not shallow["certified"]  # 10 % cannot be reached: the floor lies above
    assert shallow["floor"] > 0.1
    assert deep["certified"]
    assert deep["average_depth"] <= deep["depth"] <= 100
    matrix = found["transfer"][0]["evidence"][0]["transfer"]
    assert matrix["groups"] == ["2008", "2009", "2010", "2011", "2012"]
    page = oversight.render(found)
    assert "| tfidf |" in page and "| calibrated on |" in page
