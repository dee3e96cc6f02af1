"""The alarm on audited items: rare where nothing is wrong, quick where much is."""

import numpy as np
import pytest

from wild_aieval.metrics.alarm import LEVEL, evidence, first_alarm


def _alarms(share, streams, horizon=1000, seed=0):
    generator = np.random.default_rng(seed)
    found = [first_alarm(evidence(generator.random(horizon) < share, 0.05)) for _ in range(streams)]
    return [alarm for alarm in found if alarm is not None]


def test_by_hand():
    """One wrong item: the mean of alternative / limit over 60 alternatives from 0.055 to 0.6."""
    assert evidence([True], 0.05)[0] == pytest.approx(np.linspace(0.055, 0.6, 60).mean() / 0.05)
    assert evidence([False], 0.05)[0] == pytest.approx(np.mean(1 - np.linspace(0.055, 0.6, 60)) / 0.95)


def test_evidence_is_fair_at_the_limit():
    one, none = evidence([True], 0.05)[0], evidence([False], 0.05)[0]
    assert 0.05 * one + 0.95 * none == pytest.approx(1)


@pytest.mark.slow
def test_false_alarms_stay_below_the_level_over_a_thousand_items():
    streams = 1500
    assert len(_alarms(0.05, streams)) <= LEVEL * streams
    assert len(_alarms(0.03, 300)) <= LEVEL * 300


@pytest.mark.slow
@pytest.mark.parametrize(("share", "alarmed", "items"), [(0.08, 0.75, 550), (0.12, 1.0, 120), (0.20, 1.0, 30)])
def test_power(share, alarmed, items):
    found = _alarms(share, 300)
    assert len(found) / 300 == pytest.approx(alarmed, abs=0.08)
    assert np.median(found) == pytest.approx(items, rel=0.25)


def test_a_limit_out_of_range_is_refused():
    with pytest.raises(ValueError, match="limit"):
        evidence([True], 0.0)
    assert first_alarm(evidence([], 0.05)) is None
