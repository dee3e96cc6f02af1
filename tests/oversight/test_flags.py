"""Flags: each reason calls when it should and only then; hard ones always; the audit draw is fair and stays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.items import Failure
from wild_aieval.oversight.flags import Counts, Subject, flag
from wild_aieval.oversight.policy import RULES, Policy
from wild_aieval.tasks import task_named

ROOT = Path(__file__).resolve().parents[2]
CORPUS = [
    {"id": "late", "text": "too late", "date": "2011-01-01"},
    {"id": "own", "text": "own family", "date": "2000-01-01", "family": "FQ"},
    *({"id": f"c{n}", "text": "fine", "date": "2000-01-01"} for n in range(12)),
]
GOOD_HITS = [[f"c{n}", 1.0 - n / 20] for n in range(12)]
QUERY = {"id": "q", "text": "thing", "date": "2010-01-01", "family": "FQ"}
TERMS = [{"source": "shaft", "targets": ["eje"]}]
SOURCE = "The shaft (12) of claim 2 weighs 5 kg today"
GOOD = "El eje (12) de la reivindicación 2 pesa 5 kg hoy"


def said(text: str, score: float | None = None) -> dict[str, Any]:
    return {"text": text, "score": score}


# reason, task, an answer that triggers it, one that does not
CASES: list[tuple[str, str, Any, Any]] = [
    ("MODEL_ERROR", "classification", Failure("no"), [["A01B", 0.9]]),
    ("MODEL_ERROR", "translation", Failure("no"), said(GOOD)),
    ("MODEL_ERROR", "search", Failure("no"), GOOD_HITS),
    ("OUTPUT_EMPTY", "classification", [], [["A01B", 0.9]]),
    ("OUTPUT_EMPTY", "translation", said(" \n"), said(GOOD)),
    ("OUTPUT_EMPTY", "search", [], GOOD_HITS),
    ("SYMBOL_NOT_IN_EDITION", "classification", [["A01B", 0.9], ["A61I", 0.1]], [["A01B", 0.9], ["A61B", 0.1]]),
    ("SYMBOL_NOT_IN_EDITION", "classification", [["plough", 0.9]], [["A01B 3/00", 0.9]]),
    ("NUMBER_MISMATCH", "translation", said(GOOD.replace("5 kg", "6 kg")), said(GOOD)),
    ("UNIT_MISMATCH", "translation", said(GOOD.replace("kg", "mg")), said(GOOD)),
    ("REF_NUMERAL_MISMATCH", "translation", said(GOOD.replace("(12)", "(13)")), said(GOOD)),
    ("CLAIM_REF_MISMATCH", "translation", said(GOOD.replace("reivindicación 2", "reivindicación 3")), said(GOOD)),
    ("DATE_VIOLATION", "search", [["late", 2.0], *GOOD_HITS], GOOD_HITS),
    ("FAMILY_SELF_HIT", "search", [["own", 2.0], *GOOD_HITS], GOOD_HITS),
    ("LOW_SCORE", "classification", [["A01B", 0.49]], [["A01B", 0.5]]),
    ("LOW_SCORE", "translation", said(GOOD, 0.49), said(GOOD, 0.5)),
    ("LOW_SCORE", "translation", said(GOOD, 0.0), said(GOOD)),
    ("SMALL_MARGIN", "classification", [["A01B", 0.5], ["A61B", 0.45]], [["A01B", 0.5], ["A61B", 0.25]]),
    ("LENGTH_RATIO", "translation", said("eje"), said(GOOD)),
    ("LENGTH_RATIO", "translation", said(GOOD * 3), said(GOOD)),
    ("UNTRANSLATED", "translation", said(f" {SOURCE}\n"), said(GOOD)),
    ("CLAIM_DEPENDENCY", "translation", said(GOOD.replace("de la reivindicación 2", "aquí")), said(GOOD)),
    ("FORMULA_MISMATCH", "translation", said(f"{GOOD} de SiO2"), said(GOOD)),
    ("REPETITION", "translation", said(f"{GOOD} y así y así y así y así"), said(GOOD)),
    ("NEGATION_LOST", "translation", said(f"no {GOOD}"), said(GOOD)),
    ("TERM_MISS", "translation", said(GOOD.replace("eje", "árbol")), said(GOOD)),
    ("SET_TOO_LARGE", "classification", [[f"A01{s}", 0.2] for s in "BCDF"], [["A01B", 0.6], ["A01C", 0.2]]),
    (
        "HIERARCHY_CONFLICT",
        "classification",
        [["A01B", 0.4], ["H01L", 0.3], ["H04L", 0.2]],
        [["A01B", 0.6], ["H01L", 0.3], ["H04L", 0.2]],
    ),
    ("FEW_RESULTS", "search", GOOD_HITS[:9], GOOD_HITS[:10]),
    ("FLAT_SCORES", "search", [[name, 1.0 - n / 100] for n, (name, _) in enumerate(GOOD_HITS)], GOOD_HITS),
]

# Reasons that one item and its answer do not make: of a whole benchmark, of a policy's lists, of certificates.
ELSEWHERE = {
    "SYSTEMS_DISAGREE",
    *("INPUT_EMPTY", "INPUT_TRUNCATED", "LANG_MISMATCH", "LENGTH_OUTLIER", "OOD_DISTANCE", "LABEL_NOT_H", "RARE_CLASS"),
    *("POLICY_ALWAYS", "REVIEWER_REQUEST", "LOW_TOP_SCORE", "POOL_INCOMPLETE"),
    *("NOT_CERTIFIED", "GROUP_NOT_CERTIFIED", "CERT_EXPIRED", "SHIFT_ALARM"),
}


@pytest.fixture
def policy(place: Any) -> Policy:
    """The policy that comes with the project, without the audit."""
    found: Policy = place.settings("bm25", oversight={"audit_probability": 0.0}).oversight
    return found


def opened(place: Any, task: str) -> Any:
    if task == "classification":
        return place.open(place.classification([{"id": "d", "text": "soil", "main": "A01B"}]))
    if task == "translation":
        return place.open(place.translation([{"id": "s", "source": SOURCE, "target": GOOD, "terms": TERMS}]))
    return place.open(place.search(CORPUS, [QUERY], [("q", "c1", "X")]))


def codes(place: Any, policy: Policy, task: str, answer: Any) -> list[str]:
    benchmark, rules = opened(place, task), task_named(task)
    item = rules.items(benchmark)[0]
    (signals,) = rules.signals(benchmark, [item], [answer])
    record = flag(Subject("b", item.id, "m", "key", signals), task, policy, 0)
    assert record.output_source == "G"
    assert record.flagged == bool(record.reasons)
    assert all(reason.kind == RULES[reason.code].kind for reason in record.reasons)
    return [reason.code for reason in record.reasons]


@pytest.mark.parametrize(
    ("code", "task", "calls", "does_not"), CASES, ids=[f"{c[0]}-{c[1]}-{i}" for i, c in enumerate(CASES)]
)
def test_a_reason_calls_when_it_should_and_only_then(
    place: Any, policy: Policy, code: str, task: str, calls: Any, does_not: Any
) -> None:
    assert code in codes(place, policy, task, calls)
    assert code not in codes(place, policy, task, does_not)


def test_every_reason_has_a_case() -> None:
    assert {case[0] for case in CASES} | ELSEWHERE == set(RULES)


def test_a_good_answer_is_not_flagged(place: Any, policy: Policy) -> None:
    assert codes(place, policy, "translation", said(GOOD, 0.9)) == []
    assert codes(place, policy, "search", GOOD_HITS) == []
    assert codes(place, policy, "classification", [["A01B", 0.9], ["A61B", 0.1]]) == []


HARD = [code for code, rule in RULES.items() if rule.kind == "hard"]
SOFT = [code for code, rule in RULES.items() if rule.kind == "soft"]


@pytest.mark.parametrize("task", ["classification", "translation", "search"])
@pytest.mark.parametrize("code", HARD)
@pytest.mark.parametrize("limit", [None, 5.0, 0.5, float("inf"), float("nan")])
def test_hard_reasons_cannot_be_switched_off_or_weakened(code: str, task: str, limit: float | None) -> None:
    with pytest.raises(ValidationError):
        Policy(name="p", audit_probability=0, **{task: {code: limit}})  # type: ignore[arg-type]


@pytest.mark.parametrize("code", HARD)
def test_hard_reasons_call_under_an_empty_policy(code: str) -> None:
    policy = Policy(name="p", audit_probability=0)
    assert flag(Subject("b", "i", "m", "k", {code: 1.0}), "search", policy, 0).flagged
    assert not flag(Subject("b", "i", "m", "k", {code: 0.0}), "search", policy, 0).flagged


@pytest.mark.parametrize("code", SOFT)
def test_soft_reasons_can_be_switched_off_and_hold_their_limit(code: str) -> None:
    above = RULES[code].calls == "above"
    signals, task = {code: 0.7 if above else 0.3}, RULES[code].tasks[0]
    for limits, flagged in (({code: 0.5}, True), ({code: None}, False), ({}, False)):
        policy = Policy(name="p", audit_probability=0, **{task: limits})  # type: ignore[arg-type]
        assert flag(Subject("b", "i", "m", "k", signals), task, policy, 0).flagged is flagged
        assert not flag(Subject("b", "i", "m", "k", {code: 0.5}), task, policy, 0).flagged, "the limit is inside"


def test_a_signal_that_is_no_number_calls() -> None:
    policy = Policy(name="p", audit_probability=0, translation={"LOW_SCORE": 0.5, "LENGTH_RATIO": 2})
    for code in ("LOW_SCORE", "LENGTH_RATIO"):
        assert flag(Subject("b", "i", "m", "k", {code: float("nan")}), "translation", policy, 0).flagged


def test_a_reason_of_another_task_is_refused() -> None:
    with pytest.raises(ValidationError, match="'LENGTH_RATIO' is a reason for translation only"):
        Policy(name="p", audit_probability=0, search={"LENGTH_RATIO": 2})


def test_an_unknown_code_is_refused_with_the_nearest(place: Any) -> None:
    with pytest.raises(UserError, match="'LOW_SCORE'"):
        place.settings("bm25", oversight={"search": {"LOW_SCOR": 0.5}})
    with pytest.raises(UserError, match="no reason code 'AUDIT_RANDOM'"):
        place.settings("bm25", oversight={"search": {"AUDIT_RANDOM": None}})


def test_a_record_keeps_value_and_limit() -> None:
    policy = Policy(name="strict", audit_probability=0.0, translation={"LOW_SCORE": 0.5})
    record = flag(Subject("b", "i", "m", "k", {"LOW_SCORE": 0.25}), "translation", policy, 0)
    row = record.as_row()
    assert row["reasons"] == [{"code": "LOW_SCORE", "kind": "soft", "value": 0.25, "limit": 0.5}]
    assert (row["score"], row["limit"], row["policy"], row["output_source"]) == (0.25, 0.5, "strict", "G")


def audit(share: float, seed: int = 0, keys: int = 4000) -> list[bool]:
    policy = Policy(name="p", audit_probability=share)
    records = [flag(Subject("b", "i", "m", f"key {n}", {}), "search", policy, seed) for n in range(keys)]
    assert all(record.flagged is False for record in records), "an audit is no reason to flag"
    assert all(record.audit_probability == share for record in records)
    return [record.audit_selected for record in records]


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_the_audit_draw_is_near_its_share_and_stays(share: float) -> None:
    drawn = audit(share)
    assert sum(drawn) / len(drawn) == pytest.approx(share, abs=4 * (share * (1 - share) / len(drawn)) ** 0.5)
    assert drawn == audit(share)
    assert drawn != audit(share, seed=1)
    assert all(wide or not narrow for narrow, wide in zip(audit(share / 2), drawn, strict=True)), (
        "smaller samples are inside"
    )


def test_the_audit_draws_all_or_none() -> None:
    assert all(audit(1.0, keys=50))
    assert not any(audit(0.0, keys=50))


def test_counts() -> None:
    policy = Policy(name="p", audit_probability=1.0)
    records = [
        flag(Subject("b", "i", "m", str(n), {"MODEL_ERROR": float(n % 2)}), "search", policy, 0) for n in range(5)
    ]
    counts = Counts()
    for record in records:
        counts.add(record)
    assert counts.as_dict() == {"flagged": 2, "audit": 5, "reasons": {"AUDIT_RANDOM": 5, "MODEL_ERROR": 2}}


def test_the_audit_is_the_same_for_every_candidate_and_after_rescoring(place: Any) -> None:
    place.classification([{"id": f"d{n}", "text": f"text {n}", "main": "A01B"} for n in range(60)])
    share = {"audit_probability": 0.3}

    def drawn(folder: Any) -> list[str]:
        return [row["item_id"] for row in folder.read_table("flags") if row["audit_selected"]]

    _, one = place.run(place.tricky(), folder="one", oversight=share)
    _, two = place.run(place.tricky(weight=5), folder="two", oversight=share)
    first = drawn(one)
    assert 5 < len(first) < 35
    assert first == drawn(two)
    assert main(["rescore", str(one.path)]) == 0
    assert drawn(one) == first


@pytest.mark.parametrize("task", ["classification", "translation", "search"])
def test_a_second_system_that_disagrees_is_a_reason(place: Any, task: str) -> None:
    opened(place, task)
    _, first = place.run(place.tricky(), folder="first")
    _, same = place.run(place.tricky(revision="same"), folder="same", oversight={"second_system": str(first.path)})
    assert "SYSTEMS_DISAGREE" not in [r["code"] for r in same.read_table("flags")[0]["reasons"] or []]
    other = {"classification": "tfidf", "translation": "copy-source", "search": "random-ranking"}[task]
    if task == "classification":
        rows = [{"id": "t", "text": "soil", "main": "H01L"}]
        place.classification([{"id": "d", "text": "soil and more", "main": "A01B"}], rows, name="taught")
        _, first = place.run(place.tricky(), folder="first-taught", benchmark="taught")
    if task == "translation":
        place.translation([{"id": "s", "source": "plain words of no kind here", "target": "x"}], name="taught")
        _, first = place.run(place.tricky(), folder="first-taught", benchmark="taught")
    if task == "search":
        corpus = [{"id": f"e{n}", "text": "x"} for n in range(200)]
        place.search(corpus, [QUERY], [("q", "e1", "X")], name="taught", depth=10)
        _, first = place.run(place.tricky(), folder="first-taught", benchmark="taught")
    _, run = place.run(other, folder="other", benchmark="taught", oversight={"second_system": str(first.path)})
    assert "SYSTEMS_DISAGREE" in [reason["code"] for reason in run.read_table("flags")[0]["reasons"]]
    assert main(["rescore", str(run.path)]) == 0
    assert "SYSTEMS_DISAGREE" in [reason["code"] for reason in run.read_table("flags")[0]["reasons"]]


def test_the_same_candidate_is_no_second_system(place: Any) -> None:
    opened(place, "classification")
    _, first = place.run(place.tricky(), folder="first")
    with pytest.raises(UserError, match="the same candidate"):
        place.run(place.tricky(), folder="again", oversight={"second_system": str(first.path)})


def test_a_second_system_that_cannot_serve_is_refused_before_any_work(place: Any) -> None:
    opened(place, "classification")
    _, first = place.run(place.tricky(), folder="first")
    place.asked()
    opened(place, "translation")
    for path, expected in ((place.root / "none", "no run folder"), (place.root / "run", "own folder")):
        with pytest.raises(UserError, match=expected):
            place.run(place.tricky(), benchmark="classification/tiny", oversight={"second_system": str(path)})
    with pytest.raises(UserError, match="and this one none of it"):
        place.run(place.tricky(weight=1), benchmark="translation/tiny", oversight={"second_system": str(first.path)})
    assert place.asked() == []


STATES = re.compile(rb"\b(accepted|final)\b", re.IGNORECASE)


def test_every_output_is_marked_as_generated_and_no_state_says_otherwise(
    place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for task in ("classification", "translation", "search"):
        opened(place, task)
    own = place.model_file("tricky", place.tricky())
    folder = place.root / "run"
    arguments = ["--config-dir", own, "model=tricky", "benchmark=*/tiny", f"benchmark_roots=[{place.benchmarks}]"]
    assert main([*arguments, "tracking=none", f"hydra.run.dir={folder}"]) == 0
    from wild_aieval.records.run_folder import RunFolder

    run = RunFolder(folder)
    for table in ("predictions", "flags"):
        assert {row["output_source"] for row in run.read_table(table)} == {"G"}
    assert {result["output_source"] for result in run.read_json("summary.json")["results"]} == {"G"}
    shown = capsys.readouterr()
    assert not STATES.search((shown.out + shown.err).encode())
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix in (".json", ".jsonl", ".yaml", ".txt"):
            assert not STATES.search(file.read_bytes()), file
    page = re.sub(
        rb"<(script|style|svg)\b.*?</\1>|<[^>]*>", b" ", (folder / "report.html").read_bytes(), flags=re.DOTALL
    )
    assert not STATES.search(page)


@pytest.mark.parametrize("folder", ["src", "conf"])
def test_no_source_says_that_an_output_is_more_than_a_suggestion(folder: str) -> None:
    files = [file for file in (ROOT / folder).rglob("*") if file.suffix in (".py", ".yaml", ".html")]
    assert len(files) > 5
    assert [str(file) for file in files if STATES.search(file.read_bytes())] == []
