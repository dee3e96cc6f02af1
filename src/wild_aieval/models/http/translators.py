"""Translation services with an interface of their own: DeepL and LibreTranslate, and whatever speaks as they do.

Both are asked with lists of texts and answer with a list of translations in the same order, whose count is checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from wild_aieval.items import Failure, Segment, Translation
from wild_aieval.models.http import template
from wild_aieval.models.http.declared import Asker, Interface
from wild_aieval.models.http.link import Link
from wild_aieval.models.http.mapping import Response
from wild_aieval.models.http.settings import EndpointSettings, Template
from wild_aieval.models.http.template import Codes
from wild_aieval.models.pairs import pair
from wild_aieval.models.protocols import Workplace, not_identity

_TEXTS = {template.EACH: "{text}"}


class TranslatorSettings(EndpointSettings):
    """What both are told. ``pairs``: null for any. ``options``: further fields of the request (``formality``)."""

    pairs: list[str] | None = None
    language_codes: dict[str, str] = Field(default_factory=dict)
    options: Template = Field(default_factory=dict)
    batch_size: int = not_identity(8, ge=1, le=50)


class Service:
    """A translation service; ``facts`` are empty, for it does not say which model answers."""

    many_at_once = True

    def __init__(
        self, settings: TranslatorSettings, workplace: Workplace, body: dict[str, Any], response: Response, codes: Codes
    ) -> None:
        self._pairs = settings.pairs
        template.known(settings.options, "translation", f"{settings.name}, options")
        link = Link(settings, workplace)
        body = body | link.secrets.resolved(settings.options)
        interface = Interface("translation", "POST", settings.url, body, response, {}, settings.batch_size, codes)
        self._asker = Asker(interface, link)

    def facts(self) -> Mapping[str, Any]:
        """Nothing that can be seen from outside."""
        return {}

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """A translation of each segment; a Failure for a pair that ``pairs`` does not name."""
        wanted = [pair(segment.source_language, segment.target_language) for segment in segments]
        served = [number for number, name in enumerate(wanted) if self._pairs is None or name in self._pairs]
        answers = dict(zip(served, self._asker.translate([segments[number] for number in served]), strict=True))
        refusal = "the pair {} is not served; served: " + ", ".join(self._pairs or [])
        return [answers.get(number) or Failure(refusal.format(name)) for number, name in enumerate(wanted)]


class DeepL(Service):
    """The interface ``/v2/translate``; codes are in capitals, and some targets need a variant (EN-US, PT-PT)."""

    class Settings(TranslatorSettings):
        """Settings of ``kind: deepl``; ``language_codes`` are of sources, ``target_codes`` of targets."""

        kind: Literal["deepl"]
        target_codes: dict[str, str] = Field(default_factory=lambda: {"en": "EN-US", "pt": "PT-PT"})

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        body = {"text": _TEXTS, "source_lang": "{source_language}", "target_lang": "{target_language}"}
        response = Response(items="translations", translation="text")
        sources, targets = settings.language_codes, settings.target_codes
        codes = Codes(
            lambda tag: sources.get(tag, tag.split("-")[0].upper()),
            lambda tag: targets.get(tag, tag.upper()),
        )
        super().__init__(settings, workplace, body, response, codes)


class LibreTranslate(Service):
    """The interface ``/translate`` with ``q``."""

    class Settings(TranslatorSettings):
        """Settings of ``kind: libretranslate``."""

        kind: Literal["libretranslate"]

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        body = {"q": _TEXTS, "source": "{source_language}", "target": "{target_language}", "format": "text"}
        response = Response(items="translatedText", translation="@")
        super().__init__(settings, workplace, body, response, template.as_listed(settings.language_codes))
