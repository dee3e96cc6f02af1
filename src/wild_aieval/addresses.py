"""Addresses of MLflow stores: made absolute, and shown or recorded without the passwords in them."""

from __future__ import annotations

import re
from pathlib import Path

from wild_aieval.paths import runs_dir

SQLITE = "sqlite:///"
HIDDEN = "***"
_URI = re.compile(r"([a-z][\w+.-]*)://((?:(?![a-z][\w+.-]*://).)*)", re.IGNORECASE | re.DOTALL)
_URI_IN_TEXT = re.compile(r"[a-z][\w+.-]*://\S+", re.IGNORECASE)
# People forget to escape '/', '?' and '@' in passwords, hence the greed. A port is no password.
_WEB_LOGIN = re.compile(r"[^:/?#]*:(?!\d*(?:[/?#\s]|$)).*@|[^/?#]*@", re.DOTALL)
_DATABASE_LOGIN = re.compile(r"[^:/?#]*:(?:[^?]*|.*)@", re.DOTALL)
_PARAMETER = re.compile(
    r"([?&#;](?:sig|auth|key|[^=&#;]*(?:passw|pwd|token|secret|credential|signature|api.?key|access.?key|odbc_connect)"
    r"[^=&#;]*)=)[^&#]*",
    re.IGNORECASE,
)


def default_uri() -> str:
    """The store beside the run folders."""
    return f"{SQLITE}{runs_dir() / 'mlflow.db'}"


def absolute(uri: str | None) -> str:
    """The store's address; a relative sqlite path is taken from the working directory, once and for all."""
    if uri is None or not uri.startswith(SQLITE):
        return uri or default_uri()
    return f"{SQLITE}{Path(uri.removeprefix(SQLITE)).expanduser().absolute()}"


def is_web(uri: str) -> bool:
    """Whether the address is a server's."""
    return uri.lower().startswith(("http:", "https:"))


def redacted(text: str) -> str:
    """An address, or an argument with addresses in it, with ``***`` for logins and secret parameters.

    A user's name alone at a database is no secret; at a server it may be a token.
    """
    return _URI.sub(_hide, text)


def redacted_text(text: str) -> str:
    """The same for running text, where a blank ends an address."""
    return _URI_IN_TEXT.sub(lambda found: redacted(found[0]), text)


def _hide(found: re.Match[str]) -> str:
    scheme, rest = found[1], found[2]
    login = (_WEB_LOGIN if is_web(f"{scheme}:") else _DATABASE_LOGIN).match(rest)
    rest = f"{HIDDEN}@{rest[login.end() :]}" if login else rest
    return f"{scheme}://" + _PARAMETER.sub(rf"\g<1>{HIDDEN}", rest)
