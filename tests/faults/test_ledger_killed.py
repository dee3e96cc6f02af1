"""A writer of the ledger that is killed in the middle of an append: what it acknowledged is there, the chain holds."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.oversight.ledger.verify import verify

POINTS = 30
EVENTS = 12


def write_until_killed(path: Path, acknowledged: int, first: int, at: tuple[int, float, str]) -> None:
    """Append, seal now and then, tell what was acknowledged; die at the given write. Never returns."""
    wanted, share, how = at
    count, write, sync = 0, os.write, os.fdatasync

    def dies(descriptor: int, content: Any) -> int:
        nonlocal count
        if descriptor == acknowledged:
            return write(descriptor, content)
        count += 1
        if count < wanted:
            return write(descriptor, content)
        if how != "before":
            write(descriptor, content[: int(share * len(content))] if how == "within" else content)
        if how == "synced":
            sync(descriptor)
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    os.write = dies
    ledger = FileLedger(path)
    for number in range(first, first + EVENTS):
        if number % 5 == 4:
            event = ledger.seal("admin")
        else:
            event = ledger.append("review.opened", "anna", "reviewer", {"batch": "b", "token": f"t{number}"})
        write(acknowledged, json.dumps([event.seq, event.hash]).encode() + b"\n")
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_was_acknowledged_is_never_lost(tmp_path: Path, record_property: Any) -> None:
    chance = random.Random("ledger")
    path, told = tmp_path / "review" / "ledger.jsonl", tmp_path / "acknowledged"
    torn = 0
    for point in range(POINTS):
        at = (
            chance.randint(1, EVENTS),
            chance.random(),
            chance.choice(["before", "within", "within", "after", "synced"]),
        )
        pid = os.fork()
        if pid == 0:
            try:
                descriptor = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
                write_until_killed(path, descriptor, point * EVENTS, at)
            finally:
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        verdict = verify(path)
        assert verdict.fault is None, at
        torn += bool(verdict.torn)
        kept = {event.seq: event.hash for event in FileLedger(path).events()}
        acknowledged = [json.loads(row) for row in told.read_text().splitlines()] if told.exists() else []
        assert all(kept.get(seq) == digest for seq, digest in acknowledged), at
        if acknowledged:
            assert verify(path, acknowledged[-1][1]).fault is None
    assert torn >= 5, "too few points lay within a line"
    FileLedger(path).append("review.opened", "anna", "reviewer", {"batch": "b", "token": "last"})
    assert verify(path).fault is None
    assert not verify(path).torn
    assert len(list(path.parent.glob("*.jsonl"))) > 3, "segments were begun"
    record_property("sigkills of the ledger", POINTS)
