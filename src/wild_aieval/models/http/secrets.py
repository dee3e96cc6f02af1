"""Keys of endpoints: settings hold the names of environment variables, values live in memory only."""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from wild_aieval.errors import Unavailable, UserError

ENV = "env"
HIDDEN = "***"
_SECRET_NAME = re.compile(
    r"authorization|cookie|(^|[_-])(api|auth|access|subscription|secret|private)?[_-]?(key|token|secret|password|passwd|pwd)$",
    re.IGNORECASE,
)
_LONG_ENOUGH = 8  # a shorter value may be a common word, which an answer must keep


def is_reference(value: Any) -> bool:
    """Whether a value of the settings is ``{env: NAME, prefix: "..."}``."""
    return isinstance(value, Mapping) and ENV in value and not set(value) - {ENV, "prefix"}


def no_literals(settings: Any, where: str) -> Any:
    """Refuse values that stand beside a name such as ``Authorization`` or ``api_key``; they would be recorded.

    Raises UserError, not ValueError, because pydantic would show the value. Only for headers and templates.
    """
    for name, value in _named(settings):
        if _SECRET_NAME.search(name) and isinstance(value, str) and value and "{" not in value:
            raise UserError(
                f"{where}: the value of '{name}' is written in the settings, which are recorded with every run. Put it "
                f"into an environment variable and write {name}: {{env: NAME_OF_THE_VARIABLE}} instead, "
                'with prefix: "Bearer " where the interface wants one.'
            )
    return settings


class Secrets:
    """The values that the settings refer to, and a way to keep them out of every text."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._values: set[str] = set()

    def value(self, name: str) -> str:
        """The value of an environment variable; Unavailable where it is missing or empty. The value is never shown."""
        found = os.environ.get(name, "").strip()
        if not found:
            raise Unavailable(
                f"{self._owner}: the environment variable {name} is not set, and the settings take a key from it. "
                f"Set it where you start the run: export {name}=…"
            )
        if not found.isprintable():
            raise UserError(f"{self._owner}: the environment variable {name} holds a control character. Set it anew.")
        self._values.add(found)
        return found

    def resolved(self, value: Any) -> Any:
        """The same plain data with every ``{env: NAME, prefix: ...}`` replaced by its text."""
        if is_reference(value):
            return str(value.get("prefix", "")) + self.value(str(value[ENV]))
        if isinstance(value, Mapping):
            return {name: self.resolved(inner) for name, inner in value.items()}
        return [self.resolved(inner) for inner in value] if isinstance(value, list) else value

    def basic(self, user: str, password: str) -> str:
        """The value of a header ``Authorization`` for two environment variables."""
        coded = b64encode(f"{self.value(user)}:{self.value(password)}".encode()).decode("ascii")
        self._values.add(coded)
        return f"Basic {coded}"

    def hide(self, text: str, shortest: int = 1) -> str:
        """A text without the secrets, also where JSON escapes them; ``shortest``: length of those looked for."""
        for value in sorted(self._values, key=len, reverse=True):
            if len(value) >= shortest:
                text = text.replace(value, HIDDEN).replace(json.dumps(value)[1:-1], HIDDEN)
        return text

    def hide_in_answer(self, text: str) -> str:
        """The same for an answer of the endpoint, in which a short secret may be an ordinary word."""
        return self.hide(text, _LONG_ENOUGH)


def _named(settings: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(settings, Mapping) and not is_reference(settings):
        for name, value in settings.items():
            yield str(name), value
            yield from _named(value)
    elif isinstance(settings, list):
        for value in settings:
            yield from _named(value)
