"""The mock endpoint in a process of its own: faults by chance, every request in a log that outlives a kill.

A line of the log: seconds, run, fault ('' for a good answer), numbers of the items.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
import time
from pathlib import Path
from typing import Any

from wild_aieval.testing import Faults, MockEndpoint

KINDS = (
    "429", "500", "502", "503", "504", "reset", "hang", "truncated", "malformed", "html", "wrong_type", "delay",
    "nan", "other_fields", "redirect", "400",
)  # fmt: skip
_ITEM = re.compile(r"item (\d+) of the soak")


class Logging(MockEndpoint):
    """Notes who asked for what before it answers."""

    def __init__(self, log: Path, share: float, **options: Any) -> None:
        super().__init__(Drawn(share), delay=1.5, retry_after="1", remember=False, **options)
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def _handle(self, request: Any) -> Any:
        await request.read()  # kept by the request, so that the call below draws its fault at once
        self.faults.run, self.faults.log = request.headers.get("X-Run", ""), self._log
        return await super()._handle(request)


class Drawn(Faults):
    """Faults by chance alone: another process draws others, as real failures do."""

    run, log = "", -1

    def next(self, body: str) -> str:
        fault = _CHANCE.choice(KINDS) if _CHANCE.random() < self.share else ""
        numbers = [int(number) for number in _ITEM.findall(body)]
        line = json.dumps([round(time.time(), 3), self.run, fault, numbers], separators=(",", ":")) + "\n"
        os.write(self.log, line.encode())
        return fault


_CHANCE = random.Random()


def main() -> None:
    """``endpoint.py LOG PORT SHARE``; a line is printed once it listens."""
    log, port, share = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    with Logging(log, share, port=port) as endpoint:
        print(endpoint.url, flush=True)
        endpoint.wait()


if __name__ == "__main__":
    main()
