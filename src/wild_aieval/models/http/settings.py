"""What every endpoint is told: where it is, who asks, how fast, how long to try."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from wild_aieval.addresses import redacted
from wild_aieval.errors import UserError
from wild_aieval.models.http.secrets import is_reference, no_literals
from wild_aieval.models.protocols import ModelSettings, not_identity

JSON = Any  # plain data of a template or an answer


def address(url: str) -> str:
    """An address with scheme and host, without login or keys: it is recorded. ValueError says what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address begins with https:// or http:// and names a host, such as https://host:8443/path")
    if parts.username or parts.password or redacted(url) != url:
        raise UserError(
            "The address of an endpoint takes no user, password, key or token, since it is recorded. Put the value "
            "into an environment variable and name it under 'headers', 'parameters' or 'login'."
        )
    return url


def _headers(value: Any) -> Any:
    """Names to texts or references; whatever else stands there is not shown, it may be a key."""
    if not isinstance(value, dict) or not all(isinstance(v, str) or is_reference(v) for v in value.values()):
        raise UserError(
            'headers: expected a mapping of names to texts, or to {env: NAME_OF_THE_VARIABLE, prefix: "Bearer "}.'
        )
    if bad := [name for name, v in value.items() if not f"{name}{v}".isprintable()]:
        raise UserError(f"headers: the name or value of '{bad[0]!r}' holds a control character.")
    return no_literals(value, "headers")


def template(value: Any) -> Any:
    """A template without keys written into it."""
    return no_literals(value, "the template")


def _folder_independent(path: str) -> str:
    return str(Path(path).expanduser().absolute()) if path else ""


Address = Annotated[str, AfterValidator(address)]
Proxy = Annotated[str, AfterValidator(lambda url: address(url) if url else "")]
Headers = Annotated[dict[str, Any], BeforeValidator(_headers)]
Template = Annotated[JSON, BeforeValidator(template)]


class Login(BaseModel):
    """User and password (HTTP basic), each the name of an environment variable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    password_env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")


class EndpointSettings(ModelSettings):
    """The part of the settings that the transport reads.

    ``headers``: texts, or ``{env: NAME, prefix: "Bearer "}``. ``concurrency``: requests at a time; it falls while the
    endpoint says 429. ``requests_per_second``: null for no limit. ``timeout_seconds``: of one request;
    ``retry_seconds``: from the first try of a request until no further one is begun. ``stop_after``: so many
    failures in a row without any answer stop the run. ``ca_file``: certificates (PEM) of your own authority.
    """

    url: Address
    headers: Headers = Field(default_factory=dict)
    login: Login | None = None
    concurrency: int = not_identity(8, ge=1, le=256)
    requests_per_second: float | None = not_identity(None, gt=0)
    timeout_seconds: float = not_identity(60.0, gt=0)
    connect_seconds: float = not_identity(10.0, gt=0)
    retry_seconds: float = not_identity(120.0, ge=0)
    stop_after: int = not_identity(20, ge=1)
    ca_file: Annotated[str, AfterValidator(_folder_independent)] = not_identity("")
    proxy: Proxy = not_identity("")
