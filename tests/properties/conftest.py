"""Hypothesis for this folder: the same examples in every run, no time limit per example, nothing on disk.

``pytest --hypothesis-profile=search`` looks for new examples instead.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, database=None, derandomize=True)
settings.register_profile("search", deadline=None, database=None, max_examples=1000)
if settings.get_current_profile_name() == "default":
    settings.load_profile("repeatable")
