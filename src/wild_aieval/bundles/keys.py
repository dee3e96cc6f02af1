"""An office's key (Ed25519, RFC 8032): its private half signs bundles, its public half goes to the group.

The private half is a PEM file (PKCS #8) that only its owner can read, encrypted where ``WILD_AIEVAL_KEY_PASSWORD`` is
set. The public half is a small JSON file. Offices read its fingerprint to each other by another way than they send it.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wild_aieval import schema_version
from wild_aieval.errors import UserError, nearest
from wild_aieval.standards.offices import ST3_CODES

SCHEMA_VERSION = 1
PASSWORD = "WILD_AIEVAL_KEY_PASSWORD"  # noqa: S105  the name of a variable
YEARS = 2


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What the group knows of an office's key; days are ISO 8601, the last one included.

    ``withdrawn``: the day on which the group was told that others may have it, '' for a good one.
    """

    office: str
    key: str  # 32 bytes in base64
    valid_from: str
    valid_until: str
    withdrawn: str = ""

    @property
    def fingerprint(self) -> str:
        """The first 20 bytes of the SHA-256 of the key, in groups of four digits."""
        digits = hashlib.sha256(base64.b64decode(self.key)).hexdigest()[:40]
        return " ".join(digits[start : start + 4] for start in range(0, 40, 4))

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Whether the private half of this key signed the content."""
        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(self.key)).verify(signature, content)
        except (InvalidSignature, ValueError):
            return False
        return True

    def as_dict(self) -> dict[str, Any]:
        """As the file holds it."""
        return {"schema_version": SCHEMA_VERSION, **asdict(self), "fingerprint": self.fingerprint}


def office_code(text: str) -> str:
    """The ST.3 code in capitals; UserError where there is no such office."""
    code = text.strip().upper()
    if code not in ST3_CODES:
        raise UserError(
            f"--office {text}: not a two-letter code of an office (WIPO ST.3). {nearest(code, sorted(ST3_CODES))}"
        )
    return code


def make(office: str, folder: Path, today: datetime.date) -> tuple[Path, PublicKey]:
    """A new pair of keys in ``folder``: ``XX.key.pem`` and ``XX.public.json``; the private file and the public half."""
    private = Ed25519PrivateKey.generate()
    file = folder / f"{office}.key.pem"
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    until = _years_later(today, YEARS)
    public = PublicKey(office, base64.b64encode(raw).decode(), today.isoformat(), until.isoformat())
    password = os.environ.get(PASSWORD, "").encode()
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption(),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(pem)
        public_file(file).write_text(json.dumps(public.as_dict(), indent=1) + "\n", encoding="utf-8")
    except FileExistsError:
        raise UserError(
            f"{file}: this office has a key here already. Name another folder with --to, or move the old key away and "
            "tell the group that it is out of use."
        ) from None
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}). Name another folder with --to.") from None
    return file, public


def public_file(private: Path) -> Path:
    """Beside the private one."""
    return private.with_name(private.name.removesuffix(".key.pem") + ".public.json")


def read_private(file: Path) -> Ed25519PrivateKey:
    """The private half; UserError where the file, its password or its kind is not right."""
    if not file.is_file():
        raise UserError(f"--key {file}: there is no such file. Make one with: python -m wild_aieval results key XX")
    if file.stat().st_mode & 0o077:
        raise UserError(
            f"--key {file}: others can read this key. Close it: chmod 600 {file}; if they may have, make a new one."
        )
    password = os.environ.get(PASSWORD, "").encode() or None
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UserError(
            f"--key {file}: cannot be read ({error}). Expected a PEM file of 'results key'; an encrypted one "
            f"needs its password in {PASSWORD}."
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UserError(f"--key {file}: expected an Ed25519 key, found {type(key).__name__.lstrip('_')}.")
    return key


def still_good(file: Path, today: datetime.date) -> None:
    """UserError where the public half beside a private one says that its time is over; others would refuse it."""
    public = public_file(file)
    if public.is_file() and (until := read_public(public).valid_until) < today.isoformat():
        raise UserError(
            f"--key {file}: this key was good until {until}, and nobody takes what it signs now. Move it away, make "
            "a new one with 'results key', and let the group have its public half."
        )


def public_of(key: Ed25519PrivateKey) -> str:
    """The public half, 32 bytes in base64."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def read_public(file: Path) -> PublicKey:
    """A public half as an office sent it."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return from_dict(content, str(file))
    except FileNotFoundError:
        raise UserError(f"{file}: there is no such file. Name the .public.json that the office sent.") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: not a public key of an office ({error}). Ask for the file again.") from None


def from_dict(content: Any, where: str) -> PublicKey:
    """Checked field by field; UserError says which one is wrong."""
    if not isinstance(content, Mapping):
        raise UserError(f"{where}: not a public key of an office: expected an object, found {type(content).__name__}.")
    schema_version.check(content.get("schema_version"), SCHEMA_VERSION, where)
    try:
        days = {
            name: datetime.date.fromisoformat(str(content[name])).isoformat() for name in ("valid_from", "valid_until")
        }
        withdrawn = str(content.get("withdrawn") or "")
        key = PublicKey(office_code(str(content["office"])), str(content["key"]), **days, withdrawn=withdrawn)
        if len(base64.b64decode(key.key, validate=True)) != 32:
            raise ValueError("'key' is expected to hold 32 bytes in base64")
        if key.valid_until < key.valid_from:
            raise ValueError("'valid_until' lies before 'valid_from'")
    except (KeyError, ValueError) as error:
        raise UserError(f"{where}: not a public key of an office ({error}). Ask for the file again.") from None
    return key


def _years_later(day: datetime.date, years: int) -> datetime.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)
