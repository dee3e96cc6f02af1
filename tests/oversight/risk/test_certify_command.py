"""From a run to its certificate and back: who is covered, who is not, and what is never said."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import certifying
from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.evaluate import evaluate
from wild_aieval.oversight.risk.sequence import Level
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import html

SYMBOLS = ["A01B", "A61B", "B60L", "C07D", "E04H", "F16H", "G06F", "H04L"]
# What no certificate may ever say, in any form.
FORBIDDEN = (
    r"guarantee", r"\bsafe\b", r"no human", r"without (any )?(human|review)", r"auto-?accept", r"\baccepted\b",
    r"\bfinal\b",
    r"is \d+(\.\d+)? ?% accurate", r"time saved", r"patentab", r"\bnovel", r"inventive", r"\bgranted?\b", r"compliant",
    r"need not be (looked|reviewed|checked)", r"fully automat",
)  # fmt: skip
CERTIFIED = {"name": "certified", "certified": True, "classification": {}, "translation": {}, "search": {}}


def documents(n: int, wrong_every: int = 0) -> list[dict[str, Any]]:
    """Documents that the plug-in candidate of the tests classifies right at its first guess, but for some."""
    rows = []
    for number in range(n):
        text = f"thing number {number}"
        start = hashlib.sha256((text + "0").encode()).digest()[0] % 8
        symbol = SYMBOLS[(start + 4) % 8] if wrong_every and number % wrong_every == 0 else SYMBOLS[start]
        rows.append({"id": f"d{number}", "text": text, "main": symbol, "office": "EP" if number % 4 else "US"})
    return rows


@pytest.fixture
def ran(place: Any) -> RunFolder:
    """A finished run of a candidate that is right in all of 400 cases, with labels by persons."""
    place.classification(documents(400), label_origin="H", offices=["EP", "US"])
    folder: RunFolder = place.run(place.tricky(), "first", chunk_size=400)[1]
    return folder


def certify(folder: RunFolder, **wish: Any) -> dict[str, Any]:
    content = certifying.certify(folder, certifying.Wish(**wish))
    certifying.write(content, certifying.default_file(folder))
    return content


def flags(folder: RunFolder) -> list[dict[str, Any]]:
    return folder.read_table("flags")


def again(place: Any, folder: str, weight: int = 0, **oversight: Any) -> tuple[dict[str, Any], RunFolder]:
    return place.run(place.tricky(weight=weight), folder, chunk_size=400, oversight=CERTIFIED | oversight)


def test_a_certificate_lifts_flags_for_its_own_candidate_only(place: Any, ran: RunFolder) -> None:
    entry = certify(ran)["certificates"][0]
    assert entry["certified"]
    assert entry["threshold"] == 0.9
    file = str(ran.path / "certificates.json")
    summary, own = again(place, "own", certificate=file)
    assert not any(row["flagged"] for row in flags(own))
    assert {row["certificate"] for row in flags(own)} == {entry["id"]}
    assert summary["results"][0]["flags"]["certificates"] == [entry["id"]]
    keys = [[row["key"] for row in folder.read_table("predictions")] for folder in (ran, own)]
    assert keys[0] == keys[1]  # a policy changes no answer's identity
    for name, weight, changes in (("none", 0, {}), ("other", 1, {"certificate": file})):
        rows = flags(again(place, name, weight, **changes)[1])
        assert all(row["flagged"] for row in rows)
        assert {reason["code"] for row in rows for reason in row["reasons"] if reason["kind"] == "hard"} == {
            "NOT_CERTIFIED"
        }


def test_hard_reasons_call_whatever_the_certificate_says(place: Any) -> None:
    place.classification(documents(400), label_origin="H")
    does = {f"d{number}": "failure" for number in range(0, 400, 10)}
    _, folder = place.run(place.tricky(does), "first", chunk_size=400)
    entry = certify(folder)["certificates"][0]
    assert entry["certified"]
    assert entry["flagged_by_hard_reasons"] > 0
    settings = place.settings(
        place.tricky(does), oversight=CERTIFIED | {"certificate": str(folder.path / "certificates.json")}
    )
    own = RunFolder(place.root / "own")
    evaluate(settings, own)
    found = {row["item_id"]: row for row in flags(own)}
    assert {item for item, row in found.items() if row["flagged"]} == set(does)


def test_offices_are_certified_apart_and_a_small_one_is_not(place: Any, ran: RunFolder) -> None:
    entries = certify(ran, by="office")["certificates"]
    assert [(entry["group"]["value"], entry["certified"]) for entry in entries] == [("EP", True), ("US", False)]
    _, folder = again(place, "own", certificate=str(ran.path / "certificates.json"))
    items = {f"d{number}": "US" if number % 4 == 0 else "EP" for number in range(400)}
    for row in flags(folder):
        codes = {reason["code"] for reason in row["reasons"] if reason["kind"] != "audit"}
        assert codes == ({"GROUP_NOT_CERTIFIED"} if items[row["item_id"]] == "US" else set())


@pytest.mark.parametrize("origin", [None, "M", "G"])
def test_only_labels_by_persons_calibrate(place: Any, origin: str | None) -> None:
    place.classification(documents(400), **({"label_origin": origin} if origin else {}))
    _, folder = place.run(place.tricky(), chunk_size=400)
    entry = certify(folder)["certificates"][0]
    assert not entry["certified"]
    assert entry["statement"].startswith("Nothing can be certified: classification/tiny")
    assumed = certify(folder, assume_human=True)["certificates"][0]
    assert assumed["certified"]
    assert "ASSUMED to be given by persons, which the benchmark does not declare" in assumed["statement"]
    assert assumed["population"]["labels"] == "assumed"
    file = str(folder.path / "certificates.json")
    assert all(row["flagged"] for row in flags(again(place, "closed", certificate=file)[1]))
    open_one = again(place, "open", certificate=file, assumed_labels=True)[1]
    assert not any(row["flagged"] for row in flags(open_one))


def test_a_translation_needs_reviews_by_persons(place: Any, tmp_path: Path) -> None:
    rows = [{"id": f"s{n}", "source": f"thing {n}", "target": f"cosa {n}"} for n in range(400)]
    place.translation(rows, label_origin="H")
    _, folder = place.run(place.tricky(), chunk_size=400)
    assert "outcomes of human reviews are needed" in certify(folder)["certificates"][0]["statement"]
    file = tmp_path / "reviews.jsonl"

    def reviews(known: int) -> Path:
        rows = [
            {"benchmark": "translation/tiny", "item_id": f"s{n}", "wrong": False, "reviewer": "r1"}
            for n in range(known)
        ]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return file

    entry = certify(folder, outcomes=reviews(400))["certificates"][0]
    assert entry["certified"]
    assert "outcomes of human reviews" in entry["statement"]
    assert not certify(folder, outcomes=reviews(200))["certificates"][0]["certified"]  # not reviewed counts as wrong


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"benchmark": "classification/tiny"', "line 1"),
        ('{"benchmark": "classification/tiny", "item_id": "d0", "wrong": 1, "reviewer": "r"}', "wrong=1"),
        ('{"benchmark": "classification/tiny", "item_id": "d0", "wrong": true, "reviewer": " "}', "reviewer=' '"),
        ('{"benchmark": "classification/tiny", "item_id": "zz", "wrong": true, "reviewer": "r"}', "no item 'zz'"),
    ],
)
def test_reviews_that_cannot_be_read_are_told_with_their_line(
    ran: RunFolder, tmp_path: Path, line: str, said: str
) -> None:
    file = tmp_path / "reviews.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(said)):
        certify(ran, outcomes=file)


def test_a_review_depth_for_search(place: Any) -> None:
    corpus = [{"id": f"c{n}", "text": f"thing {n}", "date": "2000-01-01"} for n in range(30)]
    queries = [{"id": f"q{n}", "text": f"thing {n}", "date": "2010-01-01"} for n in range(400)]
    qrels = [(f"q{n}", f"c{n % 5}", "X") for n in range(400)]
    place.search(corpus, queries, qrels, label_origin="H", depth=20)
    _, folder = place.run(place.tricky(), chunk_size=400)
    entry = certify(folder, level=Level(0.1, 0.05))["certificates"][0]
    assert (entry["kind"], entry["certified"], entry["depth"], entry["average_depth"]) == ("depth", True, 5, 5)
    assert entry["floor"] == 0
    assert "reading the first 5 documents" in entry["statement"]
    _, own = place.run(
        place.tricky(),
        "own",
        chunk_size=400,
        oversight=CERTIFIED | {"certificate": str(folder.path / "certificates.json")},
    )
    assert not any(row["flagged"] for row in flags(own))


def test_a_year_later_the_certificate_is_expired(place: Any, ran: RunFolder) -> None:
    import datetime

    certify(ran, issued=datetime.date(2020, 5, 1))
    rows = flags(again(place, "own", certificate=str(ran.path / "certificates.json"))[1])
    assert {reason["code"] for row in rows for reason in row["reasons"] if reason["kind"] == "hard"} == {"CERT_EXPIRED"}


def test_what_is_measured_badly_is_not_certified(place: Any) -> None:
    place.classification(documents(400, wrong_every=3), label_origin="H")
    _, folder = place.run(place.tricky(), chunk_size=400)
    entry = certify(folder)["certificates"][0]
    assert not entry["certified"]
    assert "no number of labels would do" in entry["statement"]


@pytest.mark.parametrize(
    ("oversight", "said"),
    [
        ({"certificate": "x.json"}, "choose oversight=certified"),
        (CERTIFIED | {"classification": {"SMALL_MARGIN": 0.1}}, "no soft reasons of its own (found SMALL_MARGIN)"),
        (CERTIFIED | {"second_system": "x"}, "found second_system"),
        (CERTIFIED | {"classification": {"NOT_CERTIFIED": None}}, "cannot be switched off"),
    ],
)
def test_policies_that_would_not_be_what_was_certified(place: Any, oversight: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        place.settings("tfidf", oversight=oversight)


def test_a_wrong_certificate_file_shows_before_any_work(place: Any) -> None:
    place.classification(documents(4))
    with pytest.raises(UserError, match="there is no such file"):
        again(place, "own", certificate=str(place.root / "nowhere.json"))
    assert place.asked() == []


def test_rows_that_changed_since_the_run_are_refused(place: Any, ran: RunFolder) -> None:
    place.classification(documents(400, wrong_every=2), label_origin="H", offices=["EP", "US"])
    with pytest.raises(UserError, match="are not those that were measured"):
        certify(ran)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--alpha", "5"], "--alpha 5.0: expected a share between 0 and 1"),
        (["--candidates", "0"], "--candidates 0: expected 1 or more"),
        (["--error", "three_gues_miss"], "Did you mean 'three_guess_miss'"),
        (["--by", "applicant"], "'applicant' is no kind of group"),
        (["--out", "nowhere/at/all.json"], "there is no folder"),
        (["--level", "subgroup"], "Nothing can be certified: subgroup.three_guesses.main was not measured"),
    ],
)
def test_wrong_arguments(ran: RunFolder, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    main(["certify", str(ran.path), *arguments])
    shown = capsys.readouterr()
    assert said in shown.out + shown.err


def test_nothing_forbidden_is_ever_said(place: Any, ran: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    """Console, files and pages of runs that are certified, refused and missed."""
    said = []
    for arguments in ([], ["--by", "office", "--transfer", "office"], ["--alpha", "0.001"], ["--candidates", "9"]):
        assert main(["certify", str(ran.path), *arguments]) == 0
        said += [(ran.path / f"certificates.{form}").read_text(encoding="utf-8") for form in ("json", "html")]
    assert main(["certify", str(ran.path)]) == 0
    _, own = again(place, "own", certificate=str(ran.path / "certificates.json"))
    said += [html.write(own).read_text(encoding="utf-8"), (own.path / "summary.json").read_text(encoding="utf-8")]
    shown = capsys.readouterr()
    said += [shown.out, shown.err]
    for text in said:
        for pattern in FORBIDDEN:
            found = re.search(pattern, _words(text), re.IGNORECASE)
            assert found is None, f"{pattern}: …{_words(text)[max(0, found.start() - 60) : found.end() + 40]}…"


def test_the_page_is_well_formed_and_reads_without_drawings(place: Any, ran: RunFolder) -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("pages", Path(__file__).parents[2] / "reports" / "pages.py")
    assert spec and spec.loader
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    for arguments in ([], ["--by", "office", "--transfer", "office"], ["--alpha", "0.001"]):
        assert main(["certify", str(ran.path), *arguments]) == 0
        text = (ran.path / "certificates.html").read_text(encoding="utf-8")
        pages.check(text)
        content = json.loads((ran.path / "certificates.json").read_text(encoding="utf-8"))
        for entry in content["certificates"]:
            assert entry["statement"].replace("'", "&#x27;") in text


def _words(text: str) -> str:
    """Without styles, scripts and paths of drawings."""
    return re.sub(r"(?s)<style.*?</style>|<script.*?</script>|<svg.*?</svg>", " ", text)


def test_issued_certificates_are_in_the_ledger_once_and_the_report_leads_to_them(
    ran: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["certify", str(ran.path), "--json"]) == 0
    content = json.loads(capsys.readouterr().out.split("\n}\n")[0] + "\n}")
    issued = [entry["id"] for entry in content["certificates"] if entry["certified"]]
    lines = (ran.path / "review" / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert issued and [event["payload"]["certificate"] for event in events] == issued
    assert {event["kind"] for event in events} == {"certificate.issued"}
    assert 'href="certificates.html"' in (ran.path / "report.html").read_text(encoding="utf-8")
    assert main(["review", "verify", str(ran.path)]) == 0
