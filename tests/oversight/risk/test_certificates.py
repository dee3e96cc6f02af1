"""Certificates from cases: splits, groups, refusals, the check on the test part, transfer, depth, shift, the gate."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.errors import UserError
from wild_aieval.oversight.risk import certificate, depth, transfer
from wild_aieval.oversight.risk.areas import aurc, curve, points
from wild_aieval.oversight.risk.cases import Cases
from wild_aieval.oversight.risk.certificate import Claim
from wild_aieval.oversight.risk.gate import Bearer, Gate, read
from wild_aieval.oversight.risk.sequence import Level
from wild_aieval.oversight.risk.shift import shift_p_value
from wild_aieval.oversight.risk.splits import PARTS, SHARES, one_per_unit, parts_of, units_of

BENCHMARK = {
    "task": "classification",
    "name": "classification/b",
    "scheme": "IPC",
    "edition": "2023.01",
    "level": "class",
}
DAY = datetime.date(2026, 11, 23)
CLAIM = Claim(
    level=Level(),
    error="three_guess_miss.class.main",
    words="none of the three best suggestions is the main symbol",
    candidate={"name": "m", "kind": "k", "digest": "d" * 64},
    benchmark={**BENCHMARK, "version": "1.0.0", "digest": "e" * 64},
    population={
        "benchmark": "classification/b", "version": "1.0.0", "offices": ["EP"], "languages": ["en"],
        "dates": ["2024-01-01", "2024-12-31"], "labels": "H", "declared_origin": "H",
    },
    unit="family",
    issued=DAY,
    hard_rules=("MODEL_ERROR", "OUTPUT_EMPTY"),
)  # fmt: skip


def cases(n: int = 3_000, error: float = 0.5, seed: int = 0, office: str = "EP") -> Cases:
    """Wrong with probability ``error`` x (1 - score): 2 % above the middle where error is 0.08."""
    generator = np.random.default_rng(seed)
    scores = generator.random(n)
    wrong = (generator.random(n) < error * (1 - scores)).astype(np.float64)
    ids = tuple(f"{office}{number}" for number in range(n))
    return Cases(ids, ids, scores, np.zeros(n, dtype=np.bool_), wrong, {"office": (office,) * n})


def bearer(**changes: Any) -> Bearer:
    return replace(Bearer("d" * 64, BENCHMARK, ("OUTPUT_EMPTY", "MODEL_ERROR"), DAY), **changes)


def test_units_join_families_and_clusters() -> None:
    assert units_of(["a", "b", "c", "d"], ["F1", "F1", "", "F2"], ["", "K", "K", ""]) == ("F1", "F1", "F1", "F2")
    assert units_of(["a", "b"], ["", ""], ["", ""]) == ("a", "b")
    assert units_of(["a", "b"]) == ("a", "b")


def test_a_unit_is_in_one_part_and_counts_once_whatever_the_order() -> None:
    ids = [f"i{n}" for n in range(900)]
    units = [f"u{n % 300}" for n in range(900)]
    parts, chosen = parts_of(units, SHARES), one_per_unit(ids, units)
    assert chosen.sum() == 300
    assert all(len(set(parts[[n, n + 300, n + 600]])) == 1 for n in range(300))
    shares = [float((parts == part).mean()) for part in PARTS]
    assert shares == pytest.approx(SHARES, abs=0.08)
    back = one_per_unit(ids[::-1], units[::-1])
    assert back[::-1].tolist() == chosen.tolist()


def test_a_certificate_holds_what_it_promises_and_says_all_it_depends_on() -> None:
    entry = certificate.certify(cases(), CLAIM)
    assert entry["certified"]
    assert entry["p_value"] <= 0.05
    assert entry["cp_upper"] <= 0.05
    assert entry["test"]["verdict"] == "consistent"
    assert entry["valid_until"] == "2027-01-01"
    for word in (
        "5 %",
        "95 %",
        "classification/b 1.0.0",
        "EP",
        "en",
        "2024-01-01 to 2024-12-31",
        "family",
        "2026-11-23",
    ):
        assert word in entry["statement"]
    assert certificate.sealed(entry) == entry
    assert json.loads(json.dumps(entry, allow_nan=False)) == entry


def test_hard_reasons_are_flagged_at_any_threshold_and_in_all_parts() -> None:
    found = cases(error=0.05)
    hard = np.arange(len(found)) % 3 == 0
    bad = replace(found, hard=hard, losses=np.where(hard, 1.0, found.losses))
    entry = certificate.certify(bad, CLAIM)
    assert entry["certified"]
    assert entry["coverage_cal"] < 0.67
    assert entry["flagged_by_hard_reasons"] == pytest.approx(entry["n_cal"] / 3, rel=0.2)


def test_labels_of_the_test_part_choose_nothing() -> None:
    found = cases()
    test = set(found.split(SHARES)["test"].ids)
    spoilt = replace(
        found, losses=np.array([1.0 if i in test else x for i, x in zip(found.ids, found.losses, strict=True)])
    )
    one, other = certificate.certify(found, CLAIM), certificate.certify(spoilt, CLAIM)
    assert one["threshold"] == other["threshold"]
    assert other["test"]["verdict"] == "inconsistent"
    assert "inconsistent with the certificate" in other["check"]
    assert Gate([other], bearer()).verdict({}, 0.99).signals == {"NOT_CERTIFIED": 1.0}


def test_labels_of_the_tune_part_choose_nothing() -> None:
    found = cases()
    tune = set(found.split(SHARES)["tune"].ids)
    other = replace(
        found, losses=np.array([1.0 if i in tune else x for i, x in zip(found.ids, found.losses, strict=True)])
    )
    assert certificate.certify(found, CLAIM) == certificate.certify(other, CLAIM)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(cases(), scores=np.full(3_000, np.nan)), "gives no score"),
        (replace(cases(), hard=np.ones(3_000, dtype=np.bool_)), "gives no score"),
        (cases(100, error=0.0), "more error-free unflagged items would do"),
        (replace(cases(), losses=np.ones(3_000)), "no number of labels would do"),
    ],
)
def test_nothing_certified_flags_all(found: Cases, said: str) -> None:
    entry = certificate.certify(found, CLAIM)
    assert not entry["certified"]
    assert said in entry["statement"]
    assert "flags every item" in entry["statement"]
    gate = Gate([entry], bearer())
    assert gate.verdict({"office": "EP"}, 1.0).signals == {"NOT_CERTIFIED": 1.0}


def test_several_claims_share_the_level() -> None:
    entry = certificate.certify(cases(error=0.05), replace(CLAIM, claims=5))
    assert entry["delta_used"] == pytest.approx(0.01)
    assert entry["smallest"] == 90
    assert "For all 5 claims made together" in entry["statement"]


def test_the_gate_covers_its_own_run_only() -> None:
    entry = certificate.certify(cases(), CLAIM)
    covered = Gate([entry], bearer()).verdict({}, 0.99)
    assert (dict(covered.signals), covered.threshold, covered.certificate) == ({}, entry["threshold"], entry["id"])
    assert Gate([entry], bearer()).verdict({}, None).signals == {"NOT_CERTIFIED": 1.0}
    for other in (
        bearer(candidate="f" * 64),
        bearer(benchmark=BENCHMARK | {"edition": "2024.01"}),
        bearer(benchmark=BENCHMARK | {"name": "classification/other"}),
        bearer(hard_rules=("MODEL_ERROR",)),
    ):
        assert Gate([entry], other).verdict({}, 0.99).signals == {"NOT_CERTIFIED": 1.0}
    late = bearer(day=datetime.date(2027, 1, 1))
    assert Gate([entry], late).verdict({}, 0.99).signals == {"CERT_EXPIRED": 1.0}
    assert Gate([entry], bearer(day=datetime.date(2026, 12, 31))).verdict({}, 0.99).signals == {}
    assert Gate([], bearer()).verdict({}, 0.99).signals == {"NOT_CERTIFIED": 1.0}


def test_a_group_without_certificate_is_flagged() -> None:
    entry = certificate.certify(cases(), replace(CLAIM, group={"by": "office", "value": "EP"}))
    gate = Gate([entry], bearer())
    assert gate.verdict({"office": "EP"}, 0.99).signals == {}
    assert gate.verdict({"office": "US"}, 0.99).signals == {"GROUP_NOT_CERTIFIED": 1.0}
    assert gate.verdict({}, 0.99).signals == {"GROUP_NOT_CERTIFIED": 1.0}
    assert "office EP" in entry["statement"]


def test_a_batch_with_other_scores_raises_the_alarm() -> None:
    entry = certificate.certify(cases(), CLAIM)
    generator = np.random.default_rng(5)
    for scores, alarm in ((generator.random(300), False), (generator.random(300) ** 2, True)):
        gate = Gate([entry], bearer())
        gate.look(scores.tolist(), [{}] * 300, 0.01)
        assert ("SHIFT_ALARM" in gate.verdict({}, 0.99).signals) == alarm
        assert bool(gate.shifts) == alarm


def test_shift_test_keeps_its_level_with_ties() -> None:
    generator, calls = np.random.default_rng(2), 0
    for number in range(200):
        one, other = (generator.integers(0, 5, n).astype(np.float64) for n in (80, 60))
        calls += (shift_p_value(one, other, number) or 0.0) <= 0.05
    assert calls <= 20
    assert shift_p_value(np.zeros(5), np.zeros(100)) is None
    assert shift_p_value(np.zeros(50), np.zeros(50)) == 1.0


def test_a_changed_or_missing_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "certificates.json"
    with pytest.raises(UserError, match="no such file"):
        read(file)
    entry = certificate.certify(cases(), CLAIM)
    file.write_text(json.dumps({"schema_version": 1, "certificates": [entry]}), encoding="utf-8")
    assert read(file) == [entry]
    file.write_text(json.dumps({"schema_version": 1, "certificates": [entry | {"threshold": 0.0}]}), encoding="utf-8")
    with pytest.raises(UserError, match="changed after it was issued"):
        read(file)
    for text in ("[]", "{}", "nonsense", '{"schema_version": 1, "certificates": [1]}'):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=r"oversight\.certificate="):
            read(file)
    file.write_text(json.dumps({"schema_version": 9, "certificates": []}), encoding="utf-8")
    with pytest.raises(UserError, match="schema_version is 9"):
        read(file)


def test_a_threshold_that_does_not_travel_is_red() -> None:
    good, bad = cases(3_000, 0.2, 1, "EP"), cases(3_000, 1.0, 2, "US")
    both = Cases(
        good.ids + bad.ids, good.units + bad.units, np.concatenate([good.scores, bad.scores]),
        np.concatenate([good.hard, bad.hard]), np.concatenate([good.losses, bad.losses]),
        {"office": good.groups["office"] + bad.groups["office"]},
    )  # fmt: skip
    found = transfer.matrix(both, "office", CLAIM)
    red = {
        (row["group"], to): cell["red"]
        for row in found["rows"]
        for to, cell in zip(found["groups"], row["cells"], strict=False)
    }
    assert red["EP", "US"]
    assert not red["EP", "EP"]
    assert found["left_out"] == []


def test_depth_with_confidence_is_deeper_than_on_average_and_the_floor_is_told() -> None:
    generator = np.random.default_rng(4)
    n, tested = 1_500, depth.depths(100)
    found_at = np.where(generator.random((n, 5)) < 0.03, 10**6, generator.geometric(0.08, (n, 5)))
    losses = np.column_stack([(found_at > k).mean(axis=1) for k in tested])
    queries = Cases(
        tuple(map(str, range(n))),
        tuple(map(str, range(n))),
        np.full(n, np.nan),
        np.zeros(n, dtype=np.bool_),
        losses[:, 0],
        {},
    )
    claim = replace(CLAIM, level=Level(0.1, 0.05), loss="bounded")
    entry = depth.certify_depth(queries, losses, tested, claim)
    assert entry["certified"]
    assert entry["average_depth"] <= entry["depth"] < 100
    assert entry["floor"] == pytest.approx(0.03, abs=0.01)
    assert entry["test"]["verdict"] == "consistent"
    assert "NOT a certificate" in entry["average_statement"]
    none = depth.certify_depth(queries, losses, tested, replace(claim, level=Level(0.02, 0.05)))
    assert not none["certified"]
    assert none["depth"] is None
    assert "flags every item" in none["statement"]


@pytest.mark.slow
def test_the_promise_of_a_depth_is_kept() -> None:
    generator, false = np.random.default_rng(9), 0
    tested = [1, 2, 5, 10, 20, 50]
    risk = 0.95 ** np.array(tested)
    for _ in range(2_000):
        found_at = generator.geometric(0.05, (300, 2))
        losses = np.column_stack([(found_at > k).mean(axis=1) for k in tested])
        passed = [step.depth for step in depth.climb_down(losses, tested, Level(0.1, 0.05)) if step.passed]
        false += bool(passed) and risk[tested.index(min(passed))] > 0.1
    assert false <= 130


def test_areas_group_equal_scores_and_have_known_values() -> None:
    from wild_aieval.metrics.selective import augrc

    losses = np.array([0.0, 0.0, 1.0, 1.0])
    assert aurc(np.array([4.0, 3.0, 2.0, 1.0]), losses) == pytest.approx((0 + 0 + 1 / 3 + 2 / 4) / 4)
    assert augrc(np.array([4.0, 3.0, 2.0, 1.0]), losses) == pytest.approx((0 + 0 + 1 + 2) / 16)
    tied = np.zeros(4)
    assert aurc(tied, losses) == aurc(tied, losses[::-1]) == pytest.approx(0.5)
    assert len(points(tied, losses)[0]) == 1
    shown = curve(np.array([0.9, 0.9, 0.2, np.nan]), losses)
    assert [(p["coverage"], p["risk"], p["generalised"]) for p in shown] == [
        (0.5, 0.0, 0.0),
        (0.75, pytest.approx(1 / 3), 0.25),
    ]
