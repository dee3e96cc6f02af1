"""Who can reach the desk, and under which name: this machine only, or others through a proxy with TLS."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from wild_aieval.errors import UserError

_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class Exposure:
    """``hosts``: the names under which the desk may be asked for. ``proxies``: the only peers where TLS is demanded."""

    hosts: frozenset[str] = _LOCAL_NAMES
    proxies: frozenset[str] = frozenset()

    @property
    def tls(self) -> bool:
        """Whether browsers speak TLS, to a proxy."""
        return bool(self.proxies)


LOOPBACK = Exposure()


def exposure(host: str, tls_name: str = "", proxies: Sequence[str] = ()) -> Exposure:
    """What the options mean; UserError where texts could leave this machine without TLS."""
    if not tls_name:
        if not is_loopback(host):
            raise UserError(
                f"review desk: --host {host} would let other machines reach this desk without encryption. Put a proxy "
                "with TLS before it and say so: --tls-name NAME (the name in the browsers' address) and --proxy "
                "ADDRESS (from where the proxy comes); see docs/security.md. Or leave --host out: then this machine "
                "only reaches the desk."
            )
        if proxies:
            raise UserError("review desk: --proxy needs --tls-name NAME, the name in the browsers' address.")
        return Exposure(_LOCAL_NAMES | {f"[{host}]" if ":" in host else host.lower()})
    if not proxies and not is_loopback(host):
        raise UserError(
            f"review desk: --host {host} lets every machine connect. Name those that may with --proxy ADDRESS: from "
            "where the proxy with TLS comes. All others are then refused."
        )
    if not _NAME.fullmatch(tls_name.lower()):
        raise UserError(
            f"review desk: --tls-name '{tls_name}' is not the name of a host, such as desk.office.example (no "
            "https://, no port, no path)."
        )
    return Exposure(frozenset({tls_name.lower()}), frozenset(map(_address, proxies or ("127.0.0.1", "::1"))))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def plain(address: str, otherwise: str = "unknown") -> str:
    """An address as it is compared: IPv4 addresses that come in the dress of IPv6 without it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return otherwise
    return str(getattr(found, "ipv4_mapped", None) or found)


def _address(text: str) -> str:
    try:
        return plain(str(ipaddress.ip_address(text)))
    except ValueError:
        raise UserError(f"review desk: --proxy '{text}' is not an address such as 10.0.0.5.") from None
