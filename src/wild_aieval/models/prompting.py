"""Declared prompts for chat models, and the strict reading of what they answer. Shared by every chat adapter.

Prompts name what is filled in, and nothing else is touched, so that braces in a patent's text or in a
JSON example of the prompt are safe: ``{title} {text} {language} {labels}`` for classification, ``{source}
{source_language} {target_language} {source_tag} {target_tag}`` for translation. Languages are written as
English names, tags as in BCP 47.

An answer is read whole or not at all; what cannot be read is a ``Failure`` that keeps the text:

- *Symbols*, one of: JSON (``"A61B"``, ``["A61B", "G16H"]``, ``{"symbol": "A61B", "score": 0.8}``, a list of such
  objects, or any of these under ``{"symbols": ...}``), whole or in one code fence; one symbol per line and nothing
  else but a bullet or number before it; or one symbol at the start, then the end, a line break, ``:``, ``;``, ``.``,
  a dash or ``(`` and an explanation that names no other symbol.
- *Translations*: the whole answer (``translation_format: text``), or JSON ``{"translation": "..."}`` (``json``).

A block ``<think>...</think>`` before the answer is left out; one that never ends is a Failure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from wild_aieval.items import Document, Failure, Segment, Suggestion, Translation
from wild_aieval.models import reading
from wild_aieval.models.languages_of_models import english_name
from wild_aieval.models.protocols import ModelSettings
from wild_aieval.standards import ipc

Message = dict[str, str]
PLACEHOLDERS = {
    "classification": ("title", "text", "language", "labels"),
    "translation": ("source", "source_language", "target_language", "source_tag", "target_tag"),
}
_NAME = re.compile(r"\{([a-z_]+)\}")


class Prompt(BaseModel):
    """What a chat model is told: the ``system`` message ('' for none) and the ``user`` message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str = ""
    user: str


def _listed(labels: Any) -> Any:
    """Labels may be a plain list of symbols."""
    return {str(symbol): "" for symbol in labels} if isinstance(labels, (list, tuple)) else labels


def _printed(labels: dict[str, str]) -> dict[str, str]:
    found = {}
    for label, title in labels.items():
        symbol = ipc.parse_symbol(label)
        if symbol is None:
            raise ValueError(f"the label '{label}' is no classification symbol, such as 'A', 'A61B' or 'A61B 5/00'")
        if symbol in found:
            raise ValueError(f"the label '{symbol}' stands there twice")
        found[symbol] = title
    return found


class PromptSettings(ModelSettings):
    """Mixed into the settings of every chat adapter. A task whose prompt is null is not done.

    ``labels``: the symbols that may be answered, a list, or a mapping to their titles; where it is empty, any
    symbol of ``level`` or deeper may be. ``max_characters``: longer documents are cut there; longer segments are
    failures, because half a translation is wrong. ``suggestions``: at most so many symbols are taken.
    """

    classification: Prompt | None = None
    translation: Prompt | None = None
    labels: Annotated[dict[str, str], BeforeValidator(_listed), AfterValidator(_printed)] = Field(default_factory=dict)
    level: Literal["section", "class", "subclass", "main_group", "subgroup"] = "subclass"
    max_characters: int = Field(6000, ge=16)
    suggestions: int = Field(10, ge=1)
    translation_format: Literal["text", "json"] = "text"

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that have a prompt."""
        return tuple(name for name in PLACEHOLDERS if getattr(self, name) is not None)

    def identity(self) -> dict[str, Any]:
        """The labels count with their order, which is that of the prompt."""
        return super().identity() | {"labels": list(self.labels.items())}

    @model_validator(mode="after")
    def _whole(self) -> PromptSettings:
        if not self.tasks:
            raise ValueError("neither 'classification' nor 'translation' has a prompt; write one of them")
        for task in self.tasks:
            _check(task, getattr(self, task), self.labels)
        return self


def messages(settings: PromptSettings, item: Document | Segment) -> list[Message] | Failure:
    """The chat for one item, ``{"role": "system" | "user", "content": ...}``; Failure where the text cannot be sent."""
    if isinstance(item, Document):
        return _filled(settings.classification, document_values(settings, item), "classification")
    if len(item.text) > settings.max_characters:
        return Failure(
            f"the source has {len(item.text)} characters, more than max_characters ({settings.max_characters}); "
            "a translation of its beginning would be wrong, so it was not sent. Raise max_characters, or split it."
        )
    return _filled(settings.translation, _segment_values(item), "translation")


def document_values(settings: PromptSettings, document: Document) -> dict[str, str]:
    """What the placeholders of a classification prompt stand for."""
    labels = "\n".join(f"{symbol}: {title}" if title else symbol for symbol, title in settings.labels.items())
    text = document.text[: settings.max_characters]
    return {"title": document.title, "text": text, "language": _name(document.language), "labels": labels}


def read_symbols(text: str, settings: PromptSettings) -> list[Suggestion] | Failure:
    """Distinct symbols in the order of the answer, or by score where it has scores; formats as above.

    A model that gives no scores has 0.0 everywhere: its confidence is not known, so the review policy has a human
    look. Failure for any other format, for a symbol outside ``labels``, or less deep than ``level``.
    """
    found = reading.symbols(text)
    if isinstance(found, reading.Unreadable):
        return Failure(found.fault, text)
    for symbol, _ in found:
        if settings.labels and symbol not in settings.labels:
            return Failure(f"the answer names '{symbol}', which is none of the {len(settings.labels)} labels", text)
        if not settings.labels and ipc.truncate(symbol, settings.level) is None:
            return Failure(f"the answer names '{symbol}', which is less deep than the level {settings.level}", text)
    return [Suggestion(symbol, score) for symbol, score in found[: settings.suggestions]]


def read_translation(text: str, settings: PromptSettings) -> Translation | Failure:
    """The translation that an answer holds, by ``translation_format``; an empty one is a Failure."""
    found = reading.translation(text, settings.translation_format)
    return Failure(found.fault, text) if isinstance(found, reading.Unreadable) else Translation(found)


def _segment_values(segment: Segment) -> dict[str, str]:
    return {
        "source": segment.text,
        "source_language": _name(segment.source_language),
        "target_language": _name(segment.target_language),
        "source_tag": segment.source_language,
        "target_tag": segment.target_language,
    }


def _name(tag: str) -> str:
    return english_name(tag) if tag else ""


def _filled(prompt: Prompt | None, values: Mapping[str, str], task: str) -> list[Message] | Failure:
    if prompt is None:
        return Failure(f"this candidate has no prompt for {task}")
    roles = [("system", prompt.system), ("user", prompt.user)]
    return [{"role": role, "content": fill(template, values)} for role, template in roles if template]


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace ``{name}`` by its value in one pass: what a value holds is never read as a placeholder."""
    return _NAME.sub(lambda match: values.get(match[1], match[0]), template)


def _check(task: str, prompt: Prompt, labels: Mapping[str, str]) -> None:
    known = PLACEHOLDERS[task]
    used = set(_NAME.findall(prompt.system + prompt.user))
    if unknown := sorted(used - set(known)):
        raise ValueError(f"the {task} prompt has the placeholder '{{{unknown[0]}}}'; there are {', '.join(known)}")
    needed = "text" if task == "classification" else "source"
    if needed not in used:
        raise ValueError(f"the {task} prompt does not hold '{{{needed}}}', so the model would not see the item")
    if "labels" in used and not labels:
        raise ValueError(f"the {task} prompt holds '{{labels}}', and 'labels' is empty; list the symbols there")
