"""The modules beside the tests are those of ``run.py``, which is a program of its own."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
