"""The report as a whole: command, page, languages, alarm."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from wild_aieval.cli import main
from wild_aieval.comparison.wording import catalogue
from wild_aieval.review.report import messages

PACKAGE = "wild_aieval.review.report"


def report(bench, capsys, *more: str) -> dict:
    assert main(["review", "report", str(bench.folder.path), "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_writes_page_and_data_and_names_the_head(bench, capsys):
    for item in range(70):
        bench.truly(item)
    data = report(bench, capsys)
    seq, head = bench.ledger.head
    assert data["ledger"] == {"events": seq, "head": head, "sentence": data["ledger"]["sentence"]}
    assert head in data["ledger"]["sentence"]
    assert json.loads((bench.folder.path / "review.json").read_text()) == data
    page = (bench.folder.path / "review.html").read_text()
    assert head in page and "In the audit, people held 3 of 30 suggestions" in page
    assert not re.search(r"(?i)auto-accept|accepted|patentab|no human review", page)
    assert "text 1" not in page  # no texts of items


def test_the_table_on_the_screen(bench, capsys):
    bench.truly(50)
    assert main(["review", "report", str(bench.folder.path)]) == 0
    shown = capsys.readouterr().out
    assert "not measured" in shown and bench.ledger.head[1] in shown.replace("\n", "")


def test_computed_again_it_is_the_same(bench, capsys):
    for item in range(70):
        bench.truly(item)
    assert report(bench, capsys) == report(bench, capsys)


def test_an_alarm_is_raised_once_and_stays(tmp_path, make_bench, capsys):
    bench = make_bench(tmp_path, [number % 3 == 0 for number in range(60)], [False] * 60, 0.5)
    for item in range(60):
        bench.truly(item)
    data = report(bench, capsys)
    raised = data["results"][0]["alarm"]["raised"]
    alarms = [event for event in bench.ledger.events() if event.kind == "alarm.raised"]
    assert [event.payload["items"] for event in alarms] == [raised]
    assert alarms[0].actor and alarms[0].role == "harness"
    assert data["ledger"]["head"] == alarms[0].hash
    assert data["results"][0]["sentences"][-1].startswith("ALARM")
    report(bench, capsys)
    assert bench.ledger.head[1] == alarms[0].hash


def test_no_alarm_where_little_is_wrong(bench, capsys):
    for item in reversed(range(100)):
        bench.truly(item)
    assert report(bench, capsys)["results"][0]["alarm"]["raised"] is None


def test_a_batch_of_another_run_is_refused(bench, capsys, tmp_path, make_bench):
    from dataclasses import replace

    from wild_aieval.review import store

    item = replace(bench.batch.items[0], item_id="elsewhere")
    store.write(bench.folder.path, store.sealed(replace(bench.batch, id="b9", items=(item,), digest="")))
    assert main(["review", "report", str(bench.folder.path)]) == 1
    assert "'elsewhere'" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "0.7", "-1"])
def test_an_impossible_limit_is_refused(bench, capsys, limit):
    assert main(["review", "report", str(bench.folder.path), f"--limit={limit}"]) == 1
    assert "--limit" in capsys.readouterr().err


def _messages() -> list[str]:
    tables = (messages.SENTENCES, messages.NAMES, messages.WHY)
    single = (messages.ALARM, messages.NO_ALARM, messages.NOT_MEASURED, messages.HEAD)
    return [*(text for table in tables for text in table.values()), *single]


@pytest.mark.parametrize("language", ["fr", "es"])
def test_every_message_is_translated_with_the_same_values(language):
    for message in _messages():
        found = catalogue(language, PACKAGE).gettext(message)
        assert found != message, message
        assert sorted(re.findall(r"{(\w+)}", found)) == sorted(re.findall(r"{(\w+)}", message)), message


@pytest.mark.parametrize(("language", "said"), [("fr", "10,0\u00a0%"), ("es", "10,0\u00a0%")])
def test_sentences_in_other_languages(bench, capsys, language, said):
    for item in range(70):
        bench.truly(item)
    sentences = " ".join(report(bench, capsys, "--language", language)["results"][0]["sentences"])
    assert said in sentences and "{" not in sentences
    page = (Path(bench.folder.path) / "review.html").read_text()
    assert f'<li lang="{language}">' in page


def test_reasons_why_nothing_was_measured_have_words(bench):
    """Every reason that a figure with a sentence can give is translated."""
    from wild_aieval.review.report.compute import figures_of

    for figure in figures_of(bench.material()):
        if figure.name in messages.SENTENCES and figure.value is None:
            assert figure.why in messages.WHY


def test_outcomes_are_what_certify_reads(bench, capsys, tmp_path):
    from wild_aieval.oversight.risk.outcomes import read_outcomes

    bench.truly(0)
    bench.review(0, "bob", "agrees")
    bench.truly(50)
    bench.review(51, "ann", "cannot_decide")
    report(bench, capsys, "--outcomes", str(tmp_path / "outcomes.jsonl"))
    found = read_outcomes(tmp_path / "outcomes.jsonl", "classification/small", [f"i{n}" for n in range(100)])
    assert found == {"i0": 1.0, "i50": 0.0}


def _certificate(**changes):
    content = {
        "id": "c1", "kind": "threshold", "certified": True, "statement": "Of the suggestions …", "group": None,
        "alpha": 0.05, "delta": 0.05, "cp_upper": 0.041, "valid_until": "2027-01-01", "n_unflagged": 124, "errors": 2.0,
        "population": {"benchmark": "classification/small"}, "refused": None,
    }  # fmt: skip
    return content | changes


@pytest.mark.parametrize(
    ("changes", "value", "why"),
    [({}, 1.0, ""), ({"certified": False}, 0.0, ""), ({"refused": "no score"}, None, "no score")],
)
def test_certificates_of_the_run_are_quoted(bench, capsys, changes, value, why):
    content = {"schema_version": 1, "certificates": [_certificate(**changes)]}
    (bench.folder.path / "certificates.json").write_text(json.dumps(content))
    result = report(bench, capsys)["results"][0]
    figure = result["figures"][0]
    assert (figure["name"], figure["value"]) == ("review.certified", value)
    assert why in figure["why"] and result["sentences"][0] == "Of the suggestions …"


def test_names_from_outside_are_text_on_the_page(tmp_path, make_bench, capsys):
    bench = make_bench(tmp_path, [True, False], [True, False], 0.5, version="<script>alert(1)</script>")
    bench.review(0, "ann", "differs")
    report(bench, capsys)
    page = (bench.folder.path / "review.html").read_text()
    assert "<script" not in page and "script-src" not in page and "&lt;script&gt;" in page
