"""The tables of docs/oversight.md are computed again."""

from __future__ import annotations

from pathlib import Path

from scipy.stats import binom

from wild_aieval.metrics.exact import upper
from wild_aieval.oversight.risk.bounds import smallest_sample

PAGE = Path(__file__).parents[2] / "docs" / "oversight.md"


def table(mark: str) -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").split(f"<!-- {mark}: checked by a test -->\n")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines.split("\n")[2:]]


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_labels_needed():
    rows = table("labels needed")
    assert len(rows) == 6
    for errors, *needed in rows:
        computed = [smallest_sample(int(errors), limit, 0.05) for limit in (0.01, 0.02, 0.05, 0.1, 0.2)]
        assert [number(cell) for cell in needed] == computed


def test_power():
    rows = table("power")
    assert len(rows) == 6
    for n, allowed, *power in rows:
        most = max(k for k in range(number(n)) if binom.cdf(k, number(n), 0.05) <= 0.05)
        assert int(allowed) == most
        computed = [f"{100 * binom.cdf(most, number(n), share):.0f} %" for share in (0.01, 0.02, 0.03, 0.04)]
        assert power == computed


def test_what_an_audit_says():
    rows = table("audit")
    assert len(rows) == 5
    for n, *bounds in rows:
        assert bounds == [f"{100 * upper(k, int(n)):.1f} %" for k in range(4)]


def test_what_must_not_be_said():
    text = PAGE.read_text(encoding="utf-8").lower()
    assert "compliant" not in text and "auto-accept" not in text
