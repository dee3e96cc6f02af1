"""The bundle as a file: a ZIP of ``bundle.json``, which names the digest of every other file, and its signature.

What comes from elsewhere is not trusted: names, sizes and digests must be those that are signed, and of what is signed
only the outside is looked at before the signature was verified.
"""

from __future__ import annotations

import base64
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wild_aieval import durable, schema_version
from wild_aieval.bundles import keys, strict_json
from wild_aieval.bundles.content import SCHEMA_VERSION, Parts
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.canonical import sha256

BUNDLE, SIGNATURE, SUFFIX = "bundle.json", "signature.json", ".results.zip"
_MOST_FILES, _MOST_JSON, _MOST_BYTES = 2_000, 64 << 20, 1 << 30
_DAMAGE = (OSError, ValueError, KeyError, TypeError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bundle as it came. ``id``: SHA-256 of ``bundle.json``; ``key``: the public key that it says it is signed by.

    ``raw`` is what is signed, ``content`` the same as data; trust it only after the signature was verified.
    """

    path: Path
    id: str
    key: str
    signature: bytes
    raw: bytes
    content: dict[str, Any]

    def files(self) -> dict[str, bytes]:
        """The other files; UserError where one is not what was signed."""
        declared = self.content["files"]
        try:
            with zipfile.ZipFile(self.path) as archive:
                return {name: _member(archive, name, facts, self.path) for name, facts in declared.items()}
        except _DAMAGE as error:
            raise _damaged(self.path, error) from None


def write(file: Path, parts: Parts, private: Ed25519PrivateKey) -> str:
    """Write the bundle, whole or not at all; returns its id."""
    declared = {name: {"sha256": sha256(content), "bytes": len(content)} for name, content in parts.files.items()}
    raw = _json({**parts.bundle, "files": declared})
    signature = {
        "schema_version": SCHEMA_VERSION,
        "algorithm": "Ed25519",
        "public_key": keys.public_of(private),
        "signature": base64.b64encode(private.sign(raw)).decode(),
    }
    partial = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in {BUNDLE: raw, SIGNATURE: _json(signature), **parts.files}.items():
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        durable.put(partial, file)
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}). Name another place with --to.") from None
    finally:
        partial.unlink(missing_ok=True)
    return sha256(raw)


def read(file: Path) -> Sealed:
    """Look at the outside of a bundle; UserError where it is damaged, or of a newer schema."""
    try:
        if file.exists() and not file.is_file():
            raise ValueError("it is no file")
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(names) > _MOST_FILES or len(set(names)) < len(names):
                raise ValueError(f"{len(names)} files, or one twice")
            raw = _bounded(archive, BUNDLE, _MOST_JSON)
            signed = strict_json.loads(_bounded(archive, SIGNATURE, 1 << 16))
        content = strict_json.loads(raw)
        schema_version.check(signed["schema_version"], SCHEMA_VERSION, f"{file}, {SIGNATURE}")
        schema_version.check(content["schema_version"], SCHEMA_VERSION, f"{file}, {BUNDLE}")
        if signed["algorithm"] != "Ed25519":
            raise ValueError(f"the signature is '{signed['algorithm']}', expected Ed25519")
        if extra := set(names) - {BUNDLE, SIGNATURE, *content["files"]}:
            raise ValueError(f"{min(extra)[:60]!r} is not among the files that are signed")
        signature = base64.b64decode(signed["signature"], validate=True)
        return Sealed(file, sha256(raw), str(signed["public_key"]), signature, raw, content)
    except FileNotFoundError:
        raise UserError(f"{file}: there is no such file. Name the {SUFFIX} that the office sent.") from None
    except _DAMAGE as error:
        raise _damaged(file, error) from None


def _member(archive: zipfile.ZipFile, name: str, facts: Mapping[str, Any], file: Path) -> bytes:
    size = facts["bytes"]
    if type(size) is not int or size < 0:
        raise ValueError(f"{name} is said to have {str(size)[:20]} bytes")
    content = _bounded(archive, name, min(size, _MOST_BYTES))
    if len(content) != size or sha256(content) != facts["sha256"]:
        raise UserError(
            f"{file}: {name} is not what was signed. The bundle was tampered with or damaged; nothing is taken."
        )
    return content


def _bounded(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A member that says how large it is, and is no larger."""
    plainly_packed(archive.getinfo(name))
    with archive.open(name) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{name} has more than {most:,} bytes")
    return content


def plainly_packed(member: zipfile.ZipInfo) -> None:
    """ValueError for ways of packing of which Python unpacks a whole piece at once, however large it becomes."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{member.filename[:60]!r} is packed in a way that no bundle uses")


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, allow_nan=False, indent=1).encode("utf-8")


def _damaged(file: Path, error: Exception) -> UserError:
    if isinstance(error, UserError):
        return error
    reason = str(error) or type(error).__name__
    if isinstance(error, KeyError):
        reason = f"it lacks {reason}"
    return UserError(f"{file}: not a whole bundle ({reason}). Ask the office to send it again.")
