"""Whole commands on planted sentences: what is in everything that leaves, for each class.

The class ``open`` shows that the search finds what is there.
"""

from __future__ import annotations

import http.server
import importlib.util
import threading
from pathlib import Path
from typing import Any

import pytest

_SPEC = importlib.util.spec_from_file_location("office_of_planted_sentences", Path(__file__).with_name("conftest.py"))
assert _SPEC is not None and _SPEC.loader is not None
made = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made)
found, sentence, tool = made.searching.found, made.sentence, made.tool

CLASSES = ["open", "shared-scores", "aggregate-only"]
every_class = pytest.mark.parametrize("office", CLASSES, indirect=True)
guarded = pytest.mark.parametrize("office", CLASSES[1:], indirect=True)
pytestmark = pytest.mark.slow


@every_class
def test_a_run_its_comparison_certificates_and_reviews(office: Any, decide: Any, record_property: Any) -> None:
    office.run("classification", "tfidf", "oversight.requested=[case-A01B-0-zeppelin]")
    office.run("classification", "majority", folder="other", code=(0,))
    run, other, compared = office.root / "run", office.root / "other", office.root / "compared"
    office.cli("compare", str(run), str(other), "--out", str(compared), "--resamples", "1000",
               "--uri", office.uri)  # fmt: skip
    office.cli("certify", str(run), "--alpha", "0.4", "--json")
    office.cli("review", "export", str(run), "--to", str(office.root / "form.csv"), "--reviewer", "ada", "--shown", "1",
               "--seeds", "0")  # fmt: skip
    decide(run, sentence("comment"))
    office.cli("review", "report", str(run), "--log", "--uri", office.uri, "--json")
    office.cli("rescore", str(run), "--json")
    pages = [folder / name for folder in (run, other) for name in ("report.html", "certificates.html", "review.html")]
    places = office.leaving(*pages, run / "review.json", compared)
    texts = [sentence(name) for name in ("title", "text", "comment")]
    ids = ["case-A01B-0-zeppelin", "zeppelin"]
    where, files = found(places, [*texts, sentence("train"), "secretfile", *ids])
    assert "report.html" in " ".join(sorted(p.name for p in places)) and files > 10
    if office.name == "open":
        assert {"mlflow.db", "report.html"} <= where[sentence("text")] and "mlflow.db" in where[sentence("comment")]
    else:
        assert not any(where[text] for text in texts), where
    assert not where[sentence("train")]
    assert bool(where["zeppelin"]) is (office.name != "aggregate-only"), where
    at_home = found([run], [sentence("comment")])[0]
    assert at_home[sentence("comment")] == {"ledger.jsonl"}, "the office itself keeps what was said"
    if office.name != "open":
        assert not run.stat().st_mode & 0o077 and not other.stat().st_mode & 0o077
    record_property("planted sentences", len(texts) + 2)
    record_property("places searched", files)


@pytest.mark.parametrize("office", ["open", "shared-scores"], indirect=True)
def test_what_a_tool_repeats_in_answers_and_errors(office: Any, record_property: Any) -> None:
    code = (
        "    if item['id'].startswith('s3'):\n"
        "        print(json.dumps({'id': item['id'], 'error': 'cannot read ' + item['text']}))\n"
        "    else:\n        print(json.dumps({'id': item['id'], 'translation': item['text']}))\n"
        "    print('warning: ' + item['text'], file=sys.stderr)\n    sys.stdout.flush()\n"
    )
    office.run("translation", "own", *tool(office, code))
    where, files = found(
        office.leaving(office.root / "run" / "report.html"), [sentence("source"), sentence("target"), "secretfile"]
    )
    if office.name == "open":
        assert where[sentence("source")] >= {"report.html", "mlflow.db"} and where["secretfile"]
    else:
        assert not any(where.values()), where
    at_home = found([office.root / "run"], [sentence("source")])[0][sentence("source")]
    answers = {"journal.jsonl", "predictions.parquet"}  # what the candidate said, to be continued and scored again
    assert at_home == answers if office.name != "open" else at_home > answers
    record_property("planted sentences", 3)
    record_property("places searched", files)


class _Echo(http.server.BaseHTTPRequestHandler):
    """Refuses everybody and says back what it was asked."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(401)
        self.send_header("Content-Length", str(len(asked)))
        self.end_headers()
        self.wfile.write(asked)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize("office", ["open", "aggregate-only"], indirect=True)
def test_an_endpoint_that_says_back_what_it_was_asked(office: Any, record_property: Any) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    own = {
        "name": "echo", "kind": "http", "task": "translation", "stop_after": 2, "concurrency": 1,
        "url": f"http://127.0.0.1:{server.server_port}/t", "request": {"q": "{text}"},
        "batch_size": 1, "response": {"translation": "t"},
    }  # fmt: skip
    config = office.place.model_file("echo", own)
    try:
        said = office.run("translation", "echo", "--config-dir", config, code=(1,))
    finally:
        server.shutdown()
    assert "401" in said
    where, files = found(office.leaving(), [sentence("source")])
    assert bool(where[sentence("source")]) is (office.name == "open"), said
    record_property("planted sentences", 1)
    record_property("places searched", files)


@guarded
def test_a_search_run_and_the_card_of_its_benchmark(office: Any, record_property: Any) -> None:
    office.run("search", "bm25")
    folder = office.place.benchmarks / "search" / "guarded"
    office.cli("benchmark", "card", str(folder), "--no-floors")
    written = [path for path in folder.rglob("*") if path.suffix in (".md", ".svg") or path.name == "croissant.json"]
    texts = [sentence("query"), sentence("corpus")]
    where, files = found(office.leaving(office.root / "run" / "report.html", *written), [*texts, "zeppelin"])
    assert not any(where[text] for text in texts), where
    assert bool(where["zeppelin"]) is (office.name == "shared-scores")
    caches = found([office.root / "runs"], texts)[0] if (office.root / "runs").exists() else {}
    assert not any(caches.values()), caches
    record_property("planted sentences", 3)
    record_property("places searched", files)
