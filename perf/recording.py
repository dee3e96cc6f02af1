"""Figures with what they were measured on, as JSON, for the page of reliability (``reliability.py``)."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wild_aieval import __version__, hardware
from wild_aieval.context import library_versions


def record(
    file: Path, what: str, command: str, figures: Mapping[str, float | str], remarks: Sequence[str] = (), **more: Any
) -> None:
    """Write ``file``: what was tried, by which command, when, on which machine, and what came out, in this order.

    ``more``: further keys, which the page does not read.
    """
    content = {
        "what": what,
        "command": command,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": _commit(),
        "machine": hardware.describe(),
        "versions": {"python": platform.python_version(), "wild_aieval": __version__, **library_versions()},
        "figures": dict(figures),
        "remarks": list(remarks),
        **more,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip()
