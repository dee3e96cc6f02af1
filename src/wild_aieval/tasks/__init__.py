"""The three tasks: items, how to ask a candidate, how to score, which signals call for a human."""

from __future__ import annotations

from wild_aieval.tasks.base import Task


def task_named(name: str) -> Task:
    """The task object; modules are imported on use."""
    if name == "classification":
        from wild_aieval.tasks.classification import Classification

        return Classification()
    if name == "translation":
        from wild_aieval.tasks.translation import TranslationTask

        return TranslationTask()
    from wild_aieval.tasks.search import Search

    return Search()
