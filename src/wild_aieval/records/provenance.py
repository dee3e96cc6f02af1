"""``provenance.json``: from which office's bundle a run folder was made. Folders of this office have none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wild_aieval import schema_version
from wild_aieval.errors import UserError

SCHEMA_VERSION = 1
FILE = "provenance.json"


def read(folder: Path) -> dict[str, Any] | None:
    """Where an imported run came from; None for a run of this office."""
    file = folder / FILE
    if not file.is_file():
        return None
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        schema_version.check(content.get("schema_version"), SCHEMA_VERSION, file)
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(f"{file}: cannot be read ({error}). Import the bundle again.") from None
    return content
