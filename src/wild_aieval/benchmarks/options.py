"""What the user of ``benchmark import`` says."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What to import and what to say about it; '' or None where the user said nothing.

    ``columns`` maps the harness's names to those in the file; for search a name may carry its part,
    ``corpus.date``. ``about`` holds further manifest fields (title, licence, scheme, offices, synthetic ...).
    """

    source: Path
    task: str
    name: str
    root: Path
    format: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    train_until: datetime.date | None = None
    test_until: datetime.date | None = None
    skip_bad: bool = False
    replace: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)
