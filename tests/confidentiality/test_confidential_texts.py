"""Planted sentences of guarded benchmarks: nothing that leaves the office, or is shown, holds one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

PLANTED = "zirconium turnip escapement"
# What the candidate said is kept in the office's own run folder, so that a run can be continued and scored again.
ANSWERS = {"journal.jsonl", "predictions.parquet"}


def holding(root: Path) -> set[str]:
    """Names of the files below that hold a planted sentence, in any of the usual encodings."""
    forms = [PLANTED.encode(code) for code in ("utf-8", "utf-16-le")]
    forms += [json.dumps(PLANTED)[1:-1].replace(" ", "\\u0020").encode()]
    return {path.name for path in root.rglob("*") if path.is_file() and any(f in content(path) for f in forms)}


def content(path: Path) -> bytes:
    """What is in a file; the pages of a table may be compressed."""
    plain = path.read_bytes()
    return plain + str(parquet.read_table(path).to_pylist()).encode() if path.suffix == ".parquet" else plain


def run(place: Any, task: str, model: str, *extra: str) -> str:
    """A whole run with MLflow; returns what was printed."""
    common = [f"benchmark={task}/guarded", f"benchmark_roots=[{place.benchmarks}]", f"hydra.run.dir={place.root}/run"]
    done = place.cli(f"model={model}", *common, f"tracking.uri=sqlite:///{place.root}/mlflow.db", *extra)
    assert done.returncode in (0, 2), done.stderr
    logged = place.cli("rescore", str(place.root / "run"), "--json")
    assert logged.returncode in (0, 2), logged.stderr
    return str(done.stdout + done.stderr + logged.stdout + logged.stderr)


@pytest.fixture(params=["shared-scores", "aggregate-only"])
def guarded(request: pytest.FixtureRequest, place: Any, documents: Any) -> Any:
    """One benchmark of each task, every text with the planted sentence."""
    marked = [row | {"text": f"{row['text']}, {PLANTED}", "title": PLANTED} for row in documents]
    train = [row | {"id": f"t{row['id']}"} for row in marked]
    facts = {"confidentiality": request.param}
    place.classification(marked, train, name="guarded", **facts)
    rows = [{"id": f"s{n}", "source": f"{PLANTED} {n}", "target": f"traducido {PLANTED} {n}"} for n in range(6)]
    place.translation(rows, name="guarded", **facts)
    corpus = [{"id": f"c{n}", "text": f"{PLANTED} {n}", "date": "2001-01-01"} for n in range(5)]
    queries = [{"id": f"q{n}", "text": f"{PLANTED} {n}", "date": "2005-01-01"} for n in range(3)]
    place.search(corpus, queries, [(f"q{n}", f"c{n}", "1") for n in range(3)], name="guarded", **facts)
    return place


@pytest.mark.slow
@pytest.mark.parametrize(("task", "model"), [("classification", "tfidf"), ("search", "bm25")])
def test_texts_of_items_are_nowhere(guarded: Any, task: str, model: str) -> None:
    assert PLANTED not in run(guarded, task, model)
    assert (guarded.root / "mlflow.db").is_file() and (guarded.root / "run" / "report.html").is_file()
    assert not holding(guarded.root / "run") and not holding(guarded.root / "runs")
    assert not [name for name in holding(guarded.root) if not name.endswith((".jsonl", ".tsv"))]


@pytest.mark.slow
def test_what_a_candidate_repeats_stays_among_its_answers(guarded: Any) -> None:
    assert PLANTED not in run(guarded, "translation", "copy-source")
    assert holding(guarded.root / "run") == ANSWERS, "the answers are the texts, and stay in the run folder"
    assert not holding(guarded.root / "runs") and "mlflow.db" not in holding(guarded.root)


@pytest.mark.slow
def test_an_error_that_quotes_the_text_stays_there_too(guarded: Any) -> None:
    tool = guarded.root / "quotes.py"
    tool.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    item = json.loads(line)\n"
        "    print(json.dumps({'id': item['id'], 'error': 'cannot read ' + item['text']}), flush=True)\n"
    )
    own = guarded.model_file(
        "quoting",
        {"name": "quoting", "kind": "command", "tasks": ["translation"], "version": "1",
         "command": ["python3", str(tool)]},
    )  # fmt: skip
    said = run(guarded, "translation", "quoting", "--config-dir", own)
    assert PLANTED not in said and "PARTIAL" in said
    assert holding(guarded.root / "run") <= ANSWERS
    assert not holding(guarded.root / "runs") and "mlflow.db" not in holding(guarded.root)
