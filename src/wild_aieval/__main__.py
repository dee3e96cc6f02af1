"""``python -m wild_aieval``."""

from __future__ import annotations

import sys

from wild_aieval.cli import main

if __name__ == "__main__":
    sys.exit(main())
