"""From publications to rows of a benchmark: one function for each task."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wild_aieval.benchmarks.office.choice import PARTS, REGISTERS, Choice
from wild_aieval.benchmarks.office.made import Made
from wild_aieval.benchmarks.office.publication import Publication
from wild_aieval.benchmarks.office.rows_classification import classification
from wild_aieval.benchmarks.office.rows_search import search
from wild_aieval.benchmarks.office.rows_translation import translation
from wild_aieval.errors import UserError, nearest

__all__ = ["Choice", "Made", "rows"]

_TASKS: dict[str, Callable[[Iterable[Publication], Choice], Made]] = {
    "classification": classification,
    "search": search,
    "translation": translation,
}
_PHASES = ("search", "examination", "applicant", "opposition", "other", "")


def rows(task: str, publications: Iterable[Publication], choice: Choice) -> Made:
    """The rows of a benchmark for ``task``, all in memory.

    Raises:
        UserError: for a choice that names what there is not.
    """
    for given, known, what in (
        (choice.text, PARTS, "part of the text"),
        (choice.registers, REGISTERS, "register"),
        (choice.phases, _PHASES, "phase of a citation"),
        ((choice.scheme,), ("IPC", "CPC"), "scheme"),
        ((choice.label_origin,), ("", "H", "M", "G"), "origin of labels (WIPO ST.8)"),
        ((task,), _TASKS, "task"),
    ):
        if unknown := next((one for one in given if one not in known), None):
            raise UserError(f"'{unknown}' is no {what}. {nearest(unknown, filter(None, known))}")
    if task == "translation" and not (choice.source and choice.target):
        raise UserError("translation from publications needs a source and a target language, such as 'en' and 'fr'.")
    return _TASKS[task](publications, choice)
