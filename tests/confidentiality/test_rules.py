"""The rules by themselves: classes, small cells, records as they leave, messages without quotations, closed folders."""

from __future__ import annotations

import itertools
import json
import os
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval import confidentiality
from wild_aieval.confidentiality import cards, cells, certificates, leaving, places, quoting, reviews
from wild_aieval.errors import UserError
from wild_aieval.models.embeddings.vector_store import VectorStore

TEXT = "A brass lantern forgets seven quiet walruses near the école"


@pytest.mark.parametrize("name", ["", None, "public", "Open", "aggregate-only"])
def test_what_is_not_known_is_the_strictest(name: str | None) -> None:
    assert confidentiality.of(name) == confidentiality.AGGREGATE_ONLY
    assert confidentiality.of("open", name) == confidentiality.AGGREGATE_ONLY


def test_of_several_the_strictest() -> None:
    assert confidentiality.of("open", "shared-scores") == confidentiality.SHARED_SCORES
    assert confidentiality.of() == confidentiality.AGGREGATE_ONLY
    assert confidentiality.of("open").texts and not confidentiality.of("shared-scores").texts


def test_no_group_is_small_and_none_can_be_had_by_subtraction() -> None:
    for sizes in itertools.product((0, 1, 9, 10, 11, 40), repeat=3):
        for outside in (0, 3, 12):
            total = sum(sizes) + outside
            chosen = cells.shown(sizes, total, 10)
            kept = [size for size, keep in zip(sizes, chosen, strict=True) if keep]
            assert all(size >= 10 for size in kept)
            rest = total - sum(kept)
            assert rest == 0 or rest >= 10 or not kept


def measure(n: int, value: float = 0.5) -> dict[str, Any]:
    return {"value": value, "low": 0.1, "high": 0.9, "n": n, "signature": "by hand"}


def result(name: str) -> dict[str, Any]:
    groups = [("A", 40), ("B", 30), ("C", 3), ("D", 27)]
    slices = [{"by": "section", "group": g, "n": n, "small": False, "measures": {"m": measure(n)}} for g, n in groups]
    return {
        "benchmark": "classification/x", "task": "classification", "confidentiality": name,
        "counts": {"asked": 100, "errors": 1}, "measures": {"m": measure(100), "few": measure(4)}, "slices": slices,
        "flags": {"flagged": 12, "audit": 3, "reasons": {"LOW_SCORE": 12, "INPUT_EMPTY": 1}},
        "timing": {"seconds": 3.0, "latency": {"p50": 0.1, "p95": 0.2, "p99": 0.9}},
    }  # fmt: skip


def test_a_result_leaves_without_figures_on_few_items() -> None:
    found = leaving.entry(result("aggregate-only"))
    assert found["measures"]["m"]["value"] == 0.5 and found["measures"]["few"]["value"] is None
    assert [group["group"] for group in found["slices"]] == ["A", "B"], "D would give C away"
    assert found["flags"]["reasons"] == {"LOW_SCORE": 12} and found["flags"]["withheld"] == 1
    assert found["timing"]["latency"] == {"p50": 0.1, "p95": None, "p99": None}
    assert leaving.entry(found) == found, "done twice, nothing more changes"
    for name in ("open", "shared-scores"):
        assert leaving.entry(result(name)) == result(name)
    assert leaving.entry(result("public"))["withheld"] == 10


def test_settings_leave_without_places_free_texts_and_ids() -> None:
    spec = {
        "settings": {
            "model": {"name": "mine", "prompt": TEXT, "path": "secret.jsonl", "command": ["python3", "tool.py"],
                      "weights": "/srv/vault/m", "url": "http://127.0.0.1:1/x", "labels": ["A01B"], "k": 5},
            "oversight": {"requested": ["case-1"], "always": {"items": ["case-2"], "sections": ["A"]},
                          "certificate": "/srv/vault/c.json"},
            "benchmark_roots": ["/srv/vault"], "seed": 3,
        },
        "model": {"settings": {"prompt": TEXT}},
        "benchmarks": [{"name": "x", "path": "/srv/vault/x"}],
        "context": {"command": [TEXT], "created": "2026-01-01"},
    }  # fmt: skip
    for name, ids in (("shared-scores", True), ("aggregate-only", False)):
        left = json.dumps(leaving.spec(spec, confidentiality.of(name)), ensure_ascii=False)
        for hidden in (TEXT, "vault", "secret", "tool.py"):
            assert hidden not in left
        for kept in ("mine", "http://127.0.0.1:1/x", "A01B", '"seed": 3', "2026-01-01"):
            assert kept in left
        assert ("case-1" in left, "case-2" in left) == (ids, ids)
    assert leaving.spec(spec, confidentiality.OPEN) == spec


ECHOES = {
    "plain": TEXT,
    "other case and blanks": TEXT.upper().replace(" ", "  \n"),
    "json": json.dumps({"input": TEXT}),
    "json in json": json.dumps(json.dumps({"input": TEXT})),
    "cut": TEXT[:40],
    "percent": TEXT.replace(" ", "%20"),
    "html": TEXT.replace("é", "&eacute;").replace(" ", "&#32;"),
    "one word": "QSBicmFzcyBsYW50ZXJuIGZvcmdldHMgc2V2ZW4gcXVpZXQgd2FscnVzZXMgbmVhciB0aGUg",
}


@pytest.mark.parametrize("form", sorted(ECHOES))
def test_a_message_loses_what_it_quotes_and_keeps_the_rest(form: str) -> None:
    said = quoting.unquoted(
        f"mine: HTTP 401 Unauthorized: {ECHOES[form]} Check the key.", ["other words here now", TEXT]
    )
    assert said.startswith("mine: HTTP 401 Unauthorized:") and "Check the key." in said and quoting.CUT in said
    assert not [word for word in ("lantern", "walrus", "QSBi") if word in said.casefold() or word in said]


def test_chinese_is_cut_sign_by_sign() -> None:
    assert "黄铜灯笼" not in quoting.unquoted("cannot read 一个黄铜灯笼忘记了", ["一个黄铜灯笼忘记了七只海象"])


@pytest.mark.parametrize("name", ["open", "shared-scores", "aggregate-only"])
def test_tracebacks_of_guarded_benchmarks_say_where_and_not_what(name: str) -> None:
    def fails() -> None:
        try:
            raise KeyError(TEXT)
        except KeyError as error:
            raise ValueError(f"cannot read {TEXT}") from error

    with pytest.raises((ValueError, RuntimeError)) as caught, quoting.quiet(confidentiality.of(name), lambda: [TEXT]):
        fails()
    shown = "".join(traceback.format_exception(caught.value))
    assert ("walruses" in shown) is (name == "open") and "in fails" in shown
    with pytest.raises(UserError) as told, quoting.quiet(confidentiality.of(name), lambda: [TEXT]):
        raise UserError(f"the tool says: {TEXT}. Start it again.")
    shown = "".join(traceback.format_exception(told.value))
    assert ("walruses" in shown) is (name == "open") and "Start it again" in shown


def test_certificates_are_shown_without_single_items() -> None:
    steps = [{"threshold": 1 / n, "n": n, "errors": 0.0, "p_value": 0.5, "passed": False} for n in (4, 12, 15, 30)]
    population = {"benchmark": "b", "dates": ["2020-01-02", "2021-12-30"]}
    entry = {"kind": "threshold", "ladder": steps, "scores": [0.123456], "population": population}
    entry["statement"] = "A promise (dates: 2020-01-02 to 2021-12-30). Issued 2026-01-02."
    curve = [{"coverage": n / 100, "risk": 0.0} for n in (1, 2, 20, 25, 90)]
    cell = {"n": 3, "k": 1, "cp_lo": 0.0, "cp_hi": 1.0, "verdict": "consistent", "red": False}
    matrix = {"rows": [{"cells": [cell]}]}
    for name in ("shared-scores", "aggregate-only"):
        evidence = {"benchmark": "b", "confidentiality": name, "n": 100, "curve": curve, "transfer": matrix}
        found = certificates.shown({"certificates": [entry], "evidence": [evidence]})
        if name == "shared-scores":
            assert found == {"certificates": [entry], "evidence": [evidence]}
            continue
        shown = found["certificates"][0]
        assert [step["n"] for step in shown["ladder"]] == [12, 30] and shown["scores"] == []
        assert shown["population"]["dates"] == ["2020", "2021"]
        assert shown["statement"] == "A promise (dates: 2020 to 2021). Issued 2026-01-02."
        assert [point["n"] for point in found["evidence"][0]["curve"]] == [20, 90]
        assert found["evidence"][0]["transfer"]["rows"][0]["cells"][0]["verdict"] == "withheld"


def test_reports_on_reviews_are_shown_without_single_items() -> None:
    figure = {"name": "f", "value": 0.5, "low": 0.1, "high": 0.9, "k": 1, "n": 2, "more": {"upper": 1.0}, "why": ""}
    found = {
        "confidentiality": "aggregate-only", "figures": [figure], "arms": [figure],
        "overrides_by_reason": {"LOW_SCORE": figure}, "reasons": [{"code": "X", "items": 3}],
        "groups": [{"by": "office", "group": "EP", "n": 4, "figures": []}], "confusion": {"names": ["A61B"]},
        "alarm": {"times": ["t"], "wrong": [True], "evidence": [1.0], "raised": None},
    }  # fmt: skip
    shown = reviews.shown(found)
    assert shown["figures"][0]["value"] is None and "fewer than 10" in shown["figures"][0]["why"]
    assert not (shown["overrides_by_reason"] or shown["reasons"] or shown["groups"] or shown["confusion"])
    assert shown["alarm"]["evidence"] == [] and shown["alarm"]["raised"] is None
    assert reviews.shown({**found, "confidentiality": "shared-scores"}) == {**found, "confidentiality": "shared-scores"}


def test_cards_leave_out_extremes_and_rare_labels() -> None:
    spread = {"n": 100, "least": 3, "greatest": 999, "median": 40}
    found = {
        "lengths": {"test": {"text": spread}}, "languages": {"test": {"en": 99, "is": 1}}, "offices": {},
        "dates": {"test": ("2001-02-03", "2002-03-04", 100)}, "judgments": None,
        "labels": {"test": {"head": [("A61B", 50), ("G21K", 1)], "per_item": spread}},
    }  # fmt: skip
    shown = json.dumps(cards.shown(found, confidentiality.AGGREGATE_ONLY))
    assert not [hidden for hidden in ("999", '"is"', "02-03", "G21K") if hidden in shown] and "A61B" in shown
    assert cards.shown(found, confidentiality.SHARED_SCORES) == found


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_folders_and_vectors_are_closed_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        (tmp_path / "run").mkdir()
        (tmp_path / "file").write_text("x")
        places.close(tmp_path / "run")
        places.close(tmp_path / "file")
        zeros = np.zeros((2, 3), dtype=np.float32)
        VectorStore(tmp_path / "cache").vectors("content", ["a", "b"], lambda chosen: [(chosen, zeros)])
    finally:
        os.umask(before)
    stored = next((tmp_path / "cache" / "embeddings").rglob("*.vectors"))
    for path in (tmp_path / "run", tmp_path / "file", stored, stored.parent, stored.parent.parent):
        assert not path.stat().st_mode & 0o077, path
