"""Alpha against the krippendorff package, kappa against scikit-learn, both also by hand."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from wild_aieval.metrics.agreement import alpha, kappa, pairs_of_many, pairs_of_two, raw

GRADES = (1, 2, 3, 4, 5)
tables = st.lists(st.lists(st.sampled_from([*GRADES, None]), min_size=3, max_size=3), min_size=2, max_size=25)


def _units(table):
    return [[value for value in row if value is not None] for row in table]


@pytest.mark.parametrize("scale", ["nominal", "ordinal"])
@settings(max_examples=60, deadline=None)
@given(table=tables)
def test_alpha_is_that_of_the_krippendorff_package(scale, table):
    units = _units(table)
    used = {value for unit in units if len(unit) > 1 for value in unit}
    found = alpha(pairs_of_many(units, GRADES), scale)
    if len(used) < 2:
        assert found is None
        return
    data = np.array([[np.nan if value is None else value for value in row] for row in table]).T
    theirs = krippendorff.alpha(reliability_data=data, level_of_measurement=scale, value_domain=GRADES)
    assert found.value == pytest.approx(theirs, abs=1e-9)
    assert found.low <= found.value <= found.high


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from(GRADES), st.sampled_from(GRADES)), min_size=2, max_size=40))
def test_kappa_is_that_of_scikit_learn(rows):
    first, second = zip(*rows, strict=True)
    pairs = pairs_of_two(first, second, GRADES)
    for scale, weights in (("nominal", None), ("ordinal", "quadratic")):
        if len(set(first + second)) == 1:
            assert kappa(pairs, scale) is None
            continue
        theirs = cohen_kappa_score(first, second, labels=list(GRADES), weights=weights)
        assert kappa(pairs, scale).value == pytest.approx(theirs, abs=1e-9)


def test_the_worked_example_of_krippendorff():
    """Twelve units, four observers with missing data (Krippendorff, Computing Krippendorff's alpha, 2011)."""
    rows = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    columns = zip(*(row.split() for row in rows), strict=True)
    pairs = pairs_of_many([[int(value) for value in column if value != "."] for column in columns], GRADES)
    assert alpha(pairs).value == pytest.approx(0.743, abs=5e-4)
    assert alpha(pairs, "ordinal").value == pytest.approx(0.815, abs=5e-4)


def test_kappa_by_hand():
    """45 yes-yes, 15 and 25 apart, 15 no-no: seen 0.6, by chance 0.54 (kappa 0.1304)."""
    first = ["yes"] * 60 + ["no"] * 40
    second = ["yes"] * 45 + ["no"] * 15 + ["yes"] * 25 + ["no"] * 15
    pairs = pairs_of_two(first, second)
    assert raw(pairs).value == pytest.approx(0.6)
    assert kappa(pairs).value == pytest.approx(0.1304, abs=1e-4)


@pytest.mark.parametrize(("n", "half"), [(50, 0.17), (200, 0.08)])
def test_the_interval_of_kappa_is_as_wide_as_it_must_be(n, half):
    """Two reviewers who are right in 9 of 10 of three equal classes have kappa about 0.74."""
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 3, n * 30)

    def seen():
        return np.where(generator.random(len(truth)) < 0.86, truth, generator.integers(0, 3, len(truth)))

    first, second = seen(), seen()
    widths, values = [], []
    for part in range(30):
        chosen = slice(part * n, (part + 1) * n)
        found = kappa(pairs_of_two(first[chosen].tolist(), second[chosen].tolist()))
        widths.append((found.high - found.low) / 2)
        values.append(found.value)
    assert np.mean(widths) == pytest.approx(half, abs=0.025)


def test_nothing_to_compare_has_no_agreement():
    assert raw(pairs_of_two([], [])) is None
    assert alpha(pairs_of_many([["a"], ["b"]])) is None
