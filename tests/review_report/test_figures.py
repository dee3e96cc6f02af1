"""Figures of a review report, by hand."""

from __future__ import annotations

import pytest
from scipy import stats

from wild_aieval.metrics import exact
from wild_aieval.review.report import agreeing, people
from wild_aieval.review.report.compute import figures_of


def test_nothing_decided_is_not_measured(bench):
    figures = bench.figures()
    assert figures["review.coverage"].value == 0.6
    labels = {"review.coverage", "review.workload_reduction", "review.augrc", "review.smooth_calibration_error"}
    for name, figure in figures.items():
        if name in labels or ".labels." in name:
            continue
        assert figure.value is None and figure.why and figure.n == 0, name


def test_flags_by_the_audit(bench):
    """All flagged ones and the first 30 others are decided on: 3 of 30 wrong, each standing for two."""
    for item in range(70):
        bench.truly(item)
    figures = bench.figures()
    error = figures["review.unflagged_error"]
    theirs = stats.binomtest(3, 30).proportion_ci(0.95, "exact")
    assert (error.k, error.n, error.value) == (3, 30, 0.1)
    assert (error.low, error.high) == pytest.approx((theirs.low, theirs.high))
    assert dict(error.more)["upper_95"] == pytest.approx(exact.upper(3, 30))
    assert (figures["review.flag_precision"].k, figures["review.flag_precision"].n) == (15, 40)
    # 15 of 40 flagged wrong, 0.1 of 60 others: 15 of 21
    recall = figures["review.flag_recall"]
    assert recall.value == pytest.approx(15 / 21)
    assert recall.low < 15 / 18 < recall.high  # what is true by the labels
    by_labels = figures["review.labels.flag_recall"]
    assert (by_labels.k, by_labels.n) == (15, 18)
    assert (figures["review.override_rate"].k, figures["review.override_rate"].n) == (18, 70)


def test_recall_needs_every_flagged_item_in_a_batch(bench):
    from dataclasses import replace

    material = bench.material()
    for item in range(70):
        bench.truly(item)
    material = bench.material()
    fewer = replace(material, looked=tuple(row for row in material.looked if row.item.id != "i20"))
    figures = {figure.name: figure for figure in figures_of(fewer)}
    assert figures["review.flag_recall"].value is None
    assert "most urgent" in figures["review.flag_recall"].why


def test_people_who_are_not_at_one_decide_nothing_until_somebody_adjudicates(bench):
    bench.truly(50)
    bench.review(50, "bob", "differs")
    assert bench.figures()["review.unflagged_error"].value is None
    payload = {"batch": bench.batch.id, "token": "t50", "answer": {"symbols": ["G06F 1/00"]}, "decision": "differs"}
    bench.ledger.append("adjudication.decision", "eve", "adjudicator", payload | {"rationale": "seen both"})
    figures = bench.figures()
    assert (figures["review.unflagged_error"].k, figures["review.unflagged_error"].n) == (1, 1)
    assert figures["review.override_rate"].n == 2  # the adjudicator reviews nobody's suggestion


def test_a_correction_counts_in_the_place_of_what_it_corrects(bench):
    event = bench.review(50, "ann", "differs")
    payload = {"batch": bench.batch.id, "token": "t50", "answer": {"symbols": ["A01B 1/00"]}, "decision": "agrees"}
    bench.ledger.append(
        "review.superseded", "ann", "reviewer", payload | {"supersedes": event.hash, "rationale": "misread"}
    )
    figures = bench.figures()
    assert (figures["review.unflagged_error"].k, figures["review.unflagged_error"].n) == (0, 1)
    assert figures["review.minutes_median"].n == 1


def test_who_cannot_decide_is_counted_apart(bench):
    bench.review(50, "ann", "cannot_decide")
    bench.truly(50, "bob")
    figures = bench.figures()
    assert (figures["review.cannot_decide"].k, figures["review.cannot_decide"].n) == (1, 2)
    assert figures["review.unflagged_error"].n == 1
    assert figures["review.override_rate"].n == 1


def test_reliance_needs_first_answers(bench):
    """Wrong suggestions: five right first answers, two given up. Right ones: four wrong first answers, one kept."""
    for item, decision in zip(range(5), ["agrees"] * 2 + ["differs"] * 3, strict=True):
        bench.review(item, "ann", decision, first="A01B 3/00")
    for item, decision in zip(range(20, 24), ["differs"] + ["agrees"] * 3, strict=True):
        bench.review(item, "ann", decision, first="C07D 1/00")
    bench.review(10, "ann", "agrees", first="H04L 1/00")  # wrong before and after: says nothing of reliance
    figures = bench.figures()
    assert (figures["review.overreliance"].k, figures["review.overreliance"].n) == (2, 5)
    assert (figures["review.underreliance"].k, figures["review.underreliance"].n) == (1, 4)


def test_shown_items_say_nothing_of_reliance_but_of_bias(tmp_path, make_bench, export):
    bench = make_bench(tmp_path, [True] * 40, [True] * 40, 1.0)
    export(bench, modes=lambda n: "shown" if n < 20 else "hidden_first")
    for item in range(40):
        agrees = item % 20 < (12 if item < 20 else 4)
        bench.review(item, "ann", "agrees" if agrees else "differs")
    figures = bench.figures()
    assert figures["review.overreliance"].n == 20
    bias = figures["review.automation_bias"]
    arms = [exact.share(12, 20), exact.share(4, 20)]
    assert bias.value == pytest.approx(0.4)
    assert (bias.low, bias.high) == pytest.approx(exact.difference(*arms)[1:])
    assert 0 < bias.low < bias.high < 1


def test_planted_errors_are_in_their_own_figure_alone(tmp_path, make_bench, export):
    bench = make_bench(tmp_path, [False] * 60, [False] * 60, 0.5)
    export(bench, planted=tuple(range(30)))
    for item in range(60):
        bench.review(item, "ann", "differs" if item < 27 else "agrees", seconds=30 if item < 30 else 120)
    figures = bench.figures()
    seeds = figures["review.seed_catch"]
    assert (seeds.k, seeds.n) == (27, 30)
    assert dict(seeds.more)["lower_95"] == pytest.approx(0.7613, abs=1e-3)
    assert (figures["review.override_rate"].k, figures["review.override_rate"].n) == (0, 30)
    assert (figures["review.unflagged_error"].k, figures["review.unflagged_error"].n) == (0, 30)
    assert figures["review.minutes_median"].value == 2


def test_a_planted_error_is_caught_only_where_every_reviewer_differs(tmp_path, make_bench, export):
    bench = make_bench(tmp_path, [False] * 4, [False] * 4, 0.5)
    export(bench, planted=(0, 1))
    for who in ("ann", "bob"):
        bench.review(0, who, "differs")
    bench.review(1, "ann", "differs")
    bench.review(1, "bob", "cannot_decide")
    assert (bench.figures()["review.seed_catch"].k, bench.figures()["review.seed_catch"].n) == (1, 2)


def test_reviews_of_one_item_are_not_independent(bench):
    for item in range(20):
        for who in ("ann", "bob"):
            bench.truly(item, who)
    figure = bench.figures()["review.override_rate"]
    alone = exact.share(30, 40)
    assert (figure.k, figure.n) == (30, 40)
    assert "bootstrap" in figure.how
    assert figure.high - figure.low > alone.high - alone.low


def test_agreement(bench):
    from sklearn.metrics import cohen_kappa_score

    said = {"ann": [], "bob": []}
    for item in range(30):
        for who in said:
            decision = "differs" if (item < 12) != (who == "bob" and item % 5 == 0) else "agrees"
            said[who].append(decision)
            bench.review(item, who, decision)
    figures = bench.figures()
    assert figures["review.agreement.decision.raw"].value == pytest.approx(24 / 30)
    kappa = figures["review.agreement.decision.kappa"]
    assert kappa.value == pytest.approx(cohen_kappa_score(said["ann"], said["bob"]))
    assert kappa.low < kappa.value < kappa.high
    assert figures["review.agreement.decision.alpha"].n == 30
    table = agreeing.confusion(agreeing.answers(bench.material()))
    assert table["n"] == 30 and sum(map(sum, table["table"])) == 30


def test_overrides_by_reason(bench):
    for item in range(10, 20):
        bench.truly(item)
    assert people.overrides_by_reason(bench.material())["LOW_SCORE"].k == 5


def test_groups(bench):
    for item in range(100):
        bench.truly(item)
    part = bench.material().of_group("office", "EP")
    assert len(part.items) == 50
    assert {figure.name: figure for figure in figures_of(part)}["review.unflagged_error"].k == 1


def test_minutes(bench):
    for item, seconds in enumerate((60, 120, 600)):  # the whole time of a decision, that of the first answer included
        bench.truly(item, seconds=seconds, first_seconds=seconds // 2)
    bench.truly(3, seconds=None)
    figure = bench.figures()["review.minutes_median"]
    assert (figure.value, figure.low, figure.high, figure.n) == (2, 1, 10, 3)
