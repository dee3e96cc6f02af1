"""One try of one request: what came back, or a ``Fault`` that says why nothing usable did."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from wild_aieval.errors import UserError
from wild_aieval.models.http.retry import Fault, asked_to_wait, is_transient
from wild_aieval.models.http.secrets import Secrets

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

SHOWN = 200  # characters of an answer in a message
_LARGEST = 32 * 2**20  # bytes of an answer
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOPS = 3


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and for which items. ``body``: None, plain data (sent as JSON), or text lines of JSON."""

    method: str
    url: str
    item_ids: tuple[str, ...] = ()
    body: Any = None
    parameters: Mapping[str, str] | None = None

    def content(self) -> tuple[bytes | None, dict[str, str]]:
        """Bytes and headers; ASCII, because a text may hold what UTF-8 cannot."""
        if self.body is None:
            return None, {}
        if isinstance(self.body, str):
            return self.body.encode("utf-8"), {"Content-Type": "application/x-ndjson"}
        return json.dumps(self.body).encode("ascii"), {"Content-Type": "application/json"}


def shown(text: str) -> str:
    """The beginning of an answer on one line."""
    line = " ".join(text[: 4 * SHOWN].split())
    return line if len(line) <= SHOWN else line[:SHOWN] + "…"


class Exchange:
    """Sends requests within one session; knows which host it may talk to and what must not be shown."""

    def __init__(self, session: aiohttp.ClientSession, secrets: Secrets, owner: str, proxy: str) -> None:
        self._session, self._secrets, self._owner = session, secrets, owner
        self._proxy = proxy or None

    async def once(self, request: Request) -> tuple[Any, str] | Fault:
        """Plain data and its text. UserError where the encryption fails, for no other try would help."""
        import aiohttp

        received = bytearray()
        try:
            return await self._ask(request, received)
        except aiohttp.ClientSSLError as error:
            raise UserError(
                f"{self._owner}: the encrypted connection to {_host(request.url)} failed ({_reason(error)}). Check "
                "url (https for a server that speaks it), or name the certificates of your own authority in ca_file."
            ) from None
        except TimeoutError as error:
            met = not isinstance(error, aiohttp.ConnectionTimeoutError)
            what = "no answer in time" if met else "no connection in time"
            return Fault(f"{what} (timeout_seconds, connect_seconds)", True, no_connection=not met)
        except aiohttp.ClientConnectorDNSError as error:
            return Fault(f"the host '{error.host}' is not known", True, no_connection=True, unknown_host=True)
        except aiohttp.ClientConnectorError as error:
            return Fault(f"no connection to {_host(request.url)} ({_reason(error)})", True, no_connection=True)
        except aiohttp.ClientPayloadError:
            text = self._text(received)
            message = f"the answer broke off after {len(received)} bytes: {self._shown(text)}"
            return Fault(message, True, text=text)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            return Fault(f"the connection was lost ({_reason(error)})", True)
        except (aiohttp.ClientError, ValueError) as error:
            said = getattr(error, "message", "") or _reason(error)  # of the library, with the line that it refuses
            return Fault(f"no answer in HTTP ({self._shown(said)})")

    async def _ask(self, request: Request, received: bytearray) -> tuple[Any, str] | Fault:
        from yarl import URL

        url, (content, headers) = URL(request.url), request.content()
        for _ in range(_HOPS):
            async with self._session.request(
                request.method, url, params=request.parameters, data=content, headers=headers,
                allow_redirects=False, proxy=self._proxy,
            ) as response:  # fmt: skip
                if response.status in _REDIRECTS:
                    target = self._redirected(request.method, url, response)
                    if isinstance(target, Fault):
                        return target
                    url = target
                    continue
                async for part in response.content.iter_chunked(65536):
                    received += part
                    if len(received) > _LARGEST:
                        return Fault(f"the answer is longer than {_LARGEST} bytes", status=response.status)
                return self._read(response.status, response.headers, self._text(received))
        return Fault(f"more than {_HOPS} redirects")

    def _redirected(self, method: str, url: URL, response: aiohttp.ClientResponse) -> URL | Fault:
        from yarl import URL

        status = response.status
        try:
            target = url.join(URL(response.headers.get("Location", "")))
            elsewhere = target.origin() != url.origin()
        except ValueError:  # file:, data: and the like have no host
            return Fault(f"HTTP {status}: a redirect to no address of a host, which is refused", status=status)
        if elsewhere:
            where = self._secrets.hide(f"{target.scheme}://{target.host}:{target.port}")
            return Fault(
                f"HTTP {status}: a redirect to {where}, which is refused, because only the host named in url is asked; "
                "if that is the right place, set url to it",
                status=status,
            )
        if method != "GET" and status in (301, 302, 303):
            return Fault(
                f"HTTP {status}: a redirect to {self._secrets.hide(target.path)}; set url to it", status=status
            )
        return target

    def _shown(self, text: str) -> str:
        return shown(self._secrets.hide(text))

    def _text(self, received: bytearray) -> str:
        return self._secrets.hide_in_answer(received.decode("utf-8", "replace").removeprefix("\ufeff"))

    def _read(self, status: int, headers: Mapping[str, str], text: str) -> tuple[Any, str] | Fault:
        if not 200 <= status < 300:
            said = self._shown(text) or "no text"
            wait = asked_to_wait(headers)
            return Fault(
                f"HTTP {status} {_phrase(status)}: {said}", is_transient(status), status=status, wait=wait, text=text
            )
        try:
            return json.loads(text, parse_constant=_no_number), text
        except (ValueError, RecursionError) as error:
            return Fault(f"{_what_came(text, error)}: {self._shown(text)}", status=status, text=text)


def _what_came(text: str, error: Exception) -> str:
    start = text.lstrip()[:200].lower()
    if not start:
        return "expected JSON, and the answer is empty"
    if start.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "expected JSON, and a page of HTML came"
    return f"the answer is no JSON ({error})"


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unknown status"


def _host(url: str) -> str:
    from yarl import URL

    found = URL(url)
    return f"{found.host}:{found.port}"


def _reason(error: BaseException) -> str:
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return inner.verify_message
    return getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
