"""Which schema version a file is of, and the one thing to say where this program does not read that version.

Within a version fields may be added, and readers leave out what they do not know; a field that is renamed, dropped or
changed in meaning makes a new version. Ledgers, batches and manifests are read strictly: for them a new field makes one
too. See docs/operations.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wild_aieval import __version__
from wild_aieval.errors import UserError


class OtherVersion(UserError):  # noqa: N818  named for what it says
    """A file of a schema version that this program does not read."""


def check(found: Any, reads: int, where: str | Path, since: int | None = None) -> None:
    """OtherVersion where a file (or a line of it) is not of the version that is read; ``found``: what it states.

    ``since``: the oldest version that is read, where that is not the present one.
    """
    if type(found) is int and (since or reads) <= found <= reads:
        return
    said = f"{where}: schema_version is {str(found)[:40]}, this program reads {reads}."
    if type(found) is not int or found < 1:
        raise OtherVersion(f"{said} No program of ours writes that: the file was changed. Restore it from a backup.")
    if found < reads:
        raise OtherVersion(
            f"{said} An older wild_aieval wrote it; read it with the version that is named in the run's runspec.json "
            "under context. Nothing was changed."
        )
    raise OtherVersion(
        f"{said} A newer wild_aieval than this one ({__version__}) wrote it: install a newer one "
        "(pip install --upgrade wild-aieval; in a checkout: git pull), then do the same again. Nothing was changed."
    )


def newer(found: Any, reads: int) -> bool:
    """Whether a version is one that a newer program may have written."""
    return type(found) is int and found > reads
