"""Hypothesis for this folder: the same examples in every run, no time limit per example, nothing on disk.

``pytest --hypothesis-profile=search`` looks for new examples instead.
"""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("repeatable", deadline=None, database=None, derandomize=True)
settings.register_profile("search", deadline=None, database=None, max_examples=1000)
if settings.get_current_profile_name() == "default":
    settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Count the examples that each property held for."""
    result = yield
    passed = re.findall(r"(\d+) passing", getattr(item, "hypothesis_statistics", ""))
    if passed:
        item.user_properties.append(("property examples", sum(map(int, passed))))
    return result
