from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.oversight.policy import RULES
from wild_aieval.reports import html, words

SCRIPT = '<script>alert(1)</script><img src=x onerror=y> & "quoted"'


def page(folder: Any) -> str:
    html.write(folder)
    return (folder.path / html.REPORT).read_text(encoding="utf-8")


@pytest.mark.parametrize("task", ["classification", "search", "translation"])
def test_report_says_what_was_run(make: Any, task: str) -> None:
    text = page(make(task))
    for fact in ("m1", "r1", f"{task}/tiny", "1.0.0", "CC0-1.0", "2026-11-01", "synthetic", "position 40", "by hand|n"):
        assert fact in text
    assert "<dt>Seed</dt><dd>7</dd>" in text
    assert "http" not in text.replace("http-equiv", "") and "<image" not in text


def test_texts_of_items_are_escaped(make: Any) -> None:
    text = page(make(text=SCRIPT, model="<b>m</b>", benchmark="classification/<i>"))
    assert "<script>alert" not in text and "<img src=x" not in text and "<b>m</b>" not in text and "<i>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_error_messages_are_escaped(make: Any) -> None:
    text = page(
        make(status="error", text=SCRIPT, partial=True, counts={"asked": 4, "answered": 0, "errors": 4, "scored": 4})
    )
    assert "<script>alert" not in text and "Partial result: 4 of 4" in text and "ValueError" in text


def test_not_measured_is_said(make: Any) -> None:
    text = page(make("translation"))
    row = next(line for line in text.splitlines() if "terms_kept" in line)
    assert "not measured" in row and ">0.000" not in row


def test_no_interval_is_said(make: Any, tmp_path: Path) -> None:
    measures = make("search").read_json("summary.json")["results"][0]["measures"]
    bare = {name: measure | {"low": None, "high": None} for name, measure in measures.items()}
    folder = make("search", model="m2", measures=bare)
    text = page(folder)
    assert "0.300 [no interval]" in text and '<span class="soft">no interval</span>' in text
    sweep = html.write_sweep(tmp_path, [folder.read_json("summary.json")]).read_text(encoding="utf-8")
    assert "0.300 [no interval]" in sweep


def test_the_report_shows_the_settings_of_its_own_figures(make: Any) -> None:
    folder = make()
    later = folder.read_json("runspec.json")
    later["settings"]["seed"] = 99
    folder.write_json("runspec.json", later)
    assert "<dt>Seed</dt><dd>7</dd>" in page(folder)


def test_nothing_flagged(make: Any) -> None:
    text = page(make(flagged=False, flags={"flagged": 0, "audit": 0, "reasons": {}, "policy": "default"}))
    assert "No documents were flagged" in text


def test_items_of_guarded_benchmarks_stay_out(make: Any) -> None:
    text = page(make(text="secret plough", confidentiality="aggregate-only", status="error"))
    assert "secret plough" not in text and ">i0<" not in text and '"i0"' not in text and ">ValueError<" not in text
    assert "rare kinds together" in text, "a kind of error with few items is no figure of its own"
    assert "<script" not in text and "script-src" not in text and "the benchmark is not open" in text


def test_several_benchmarks_in_one_page(make_several: Any) -> None:
    text = page(make_several())
    for number in range(3):
        assert f'id="result-{number}"' in text and f'href="#result-{number}"' in text


def test_at_most_two_hundred_items_and_cut_texts(make: Any) -> None:
    text = page(make(text="word " * 3000))
    table = text[: text.index('type="application/json"')]
    assert "…" in table and "word " * 200 not in table and "word " * 500 not in text
    assert "3 of 3 items that need a human look" in text


def test_words_that_claim_a_decision_do_not_occur(make: Any, make_several: Any, tmp_path: Path) -> None:
    pages = [page(make_several()), page(make(status="error"))]
    summaries = [make(model=name).read_json("summary.json") for name in ("m1", "m2")]
    pages.append(html.write_sweep(tmp_path, summaries).read_text(encoding="utf-8"))
    for text in pages:
        assert not re.search(r"accepted|final", text, flags=re.IGNORECASE)


def test_sweep_page_compares_and_links(make: Any, tmp_path: Path) -> None:
    folders = [make(model=name) for name in ("m1", "m2")]
    for folder in folders:
        html.write(folder)
    path = html.write_sweep(tmp_path, [folder.read_json("summary.json") for folder in folders])
    text = path.read_text(encoding="utf-8")
    assert path.name == "sweep.html" and 'href="run-m1-classification/report.html"' in text and "<svg" in text


def test_sweep_page_warns_of_different_contents_and_of_no_results(make: Any, tmp_path: Path) -> None:
    summaries = [
        make(model="m1").read_json("summary.json"),
        make(model="m2", digest="cd" * 32).read_json("summary.json"),
    ]
    assert "different contents" in html.write_sweep(tmp_path, summaries).read_text(encoding="utf-8")
    assert "No run of this sweep" in html.write_sweep(tmp_path, []).read_text(encoding="utf-8")
    text = html.write_sweep(tmp_path, summaries, ["0-<b>tfidf", "2-bm25"]).read_text(encoding="utf-8")
    assert "Did not run: 0-&lt;b&gt;tfidf, 2-bm25." in text


def test_a_report_takes_less_than_three_seconds(make_several: Any) -> None:
    folder = make_several()
    html.write(folder)
    started = time.perf_counter()
    html.write(folder)
    assert time.perf_counter() - started < 3


def test_reasons_in_words_say_value_and_limit() -> None:
    reasons = [
        {"code": "LOW_SCORE", "kind": "soft", "value": 0.1099, "limit": 0.5},
        {"code": "LATER_CODE", "kind": "hard", "value": 3.0, "limit": 0.0},
        {"code": "AUDIT_RANDOM", "kind": "audit", "value": 1.0, "limit": 0.05},
    ]
    assert words.reasons_in_words(reasons) == (
        f"{RULES['LOW_SCORE'].words} (0.11, limit 0.5); later code (3); drawn at random for the audit sample"
    )
