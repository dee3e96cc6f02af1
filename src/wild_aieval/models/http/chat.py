"""Chat models behind an interface as OpenAI's: vLLM, Ollama, TGI, LM Studio, llama.cpp, and hosted ones.

One request per item, with the declared prompt; the answer is read strictly (see ``prompting``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from wild_aieval.items import Document, Failure, Segment, Suggestion, Translation
from wild_aieval.models.http.exchange import Request
from wild_aieval.models.http.link import Link, Reply
from wild_aieval.models.http.mapping import Misread, select
from wild_aieval.models.http.settings import EndpointSettings, Template
from wild_aieval.models.prompting import Message, PromptSettings, messages, read_symbols, read_translation
from wild_aieval.models.protocols import Workplace

_PATH = "/chat/completions"


class OpenAIChat:
    """Classification and translation by prompts."""

    many_at_once = True

    class Settings(EndpointSettings, PromptSettings):
        """Settings of ``kind: openai-chat``; ``url`` ends before ``/chat/completions``.

        ``temperature``, ``max_tokens``: null is not sent. ``options``: further fields of the request, such as
        ``seed`` or ``response_format``.
        """

        kind: Literal["openai-chat"]
        model: str
        temperature: float | None = Field(0.0, ge=0)
        max_tokens: int | None = Field(512, ge=1)
        options: Template = Field(default_factory=dict)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._link = Link(settings, workplace)
        own = {"model": settings.model, "temperature": settings.temperature, "max_tokens": settings.max_tokens}
        sent = {name: value for name, value in own.items() if value is not None}
        self._body = sent | self._link.secrets.resolved(settings.options)
        self._url = settings.url.rstrip("/").removesuffix(_PATH) + _PATH

    def facts(self) -> Mapping[str, Any]:
        """Nothing besides the settings: prompt, model, options."""
        return {}

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """The symbols that the model names."""
        return self._answers(documents, lambda text: read_symbols(text, self._settings))

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """The translation that the model writes; a Failure where it was cut off."""
        return self._answers(segments, lambda text: read_translation(text, self._settings))

    def _answers(self, items: Sequence[Document | Segment], read: Callable[[str], Any]) -> list[Any]:
        chats = [messages(self._settings, item) for item in items]
        asked = [number for number, chat in enumerate(chats) if not isinstance(chat, Failure)]
        replies = self._link.ask([self._request(items[number].id, chats[number]) for number in asked])
        found = {number: _read(reply, read) for number, reply in zip(asked, replies, strict=True)}
        return [found.get(number, chat) for number, chat in enumerate(chats)]

    def _request(self, item_id: str, chat: list[Message] | Failure) -> Request:
        return Request("POST", self._url, (item_id,), self._body | {"messages": chat})


def _read(reply: Reply | Failure, read: Callable[[str], Any]) -> Any:
    if isinstance(reply, Failure):
        return reply
    try:
        choice = select("choices[0]", reply.data)
    except Misread as fault:
        return reply.unreadable(str(fault))
    message = choice.get("message") if isinstance(choice, Mapping) else None
    text = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(text, str) or not isinstance(choice, Mapping):
        refusal = message.get("refusal") if isinstance(message, Mapping) else None
        said = f"the model refused: {str(refusal)[:200]}" if refusal else "no text at choices[0].message.content"
        return reply.unreadable(f"the answer cannot be read: {said}")
    if choice.get("finish_reason") == "length":
        return Failure("the answer was cut off at max_tokens; raise it, or ask for shorter answers", text)
    return read(text)
