"""How long sealed files of a ledger are kept."""

from __future__ import annotations

import datetime
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wild_aieval import durable
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger import segments
from wild_aieval.oversight.ledger.chain import parsed

USUAL, LEAST = 24, 6  # months


@dataclass(frozen=True, slots=True)
class Old:
    """A sealed file that may go: the numbers of its events and its head."""

    file: Path
    first: int
    last: int
    head: str

    def payload(self, how: str) -> dict[str, Any]:
        """What the event of its retirement says."""
        return {"segment": self.file.name, "first": self.first, "last": self.last, "head": self.head, "how": how}


def check(months: int, archive: Path | None) -> None:
    """UserError for less than the least, or an archive that is not there."""
    if months < LEAST:
        raise UserError(f"retention: {months} months are too short. Keep a ledger {LEAST} months at least.")
    if archive is not None and not archive.is_dir():
        raise UserError(f"retention: there is no folder '{archive}'. Make it first.")


def older(path: Path, current: int, limit: datetime.datetime) -> list[Old]:
    """The oldest sealed files, one after the other, whose last event is from before the limit; never the one in use."""
    found: list[Old] = []
    for number in segments.existing(path):
        file = segments.segment(path, number)
        lines = file.read_bytes().split(b"\n")[:-1]
        if number >= current or not lines:
            break
        first, last = (parsed(line + b"\n", str(file)) for line in (lines[0], lines[-1]))
        if datetime.datetime.fromisoformat(last.ts) >= limit:
            break
        found.append(Old(file, first.seq, last.seq, last.hash))
    return found


def put_away(file: Path, archive: Path | None) -> None:
    """Move or destroy; a file that cannot be is tried again at the next call."""
    try:
        if archive is None:
            file.unlink()
            return
        to = archive / file.name
        if to.exists():
            raise UserError(f"{to}: there is a file already. Archive each ledger into a folder of its own.")
        part = to.with_name(f".{to.name}.part")
        shutil.copyfile(file, part)
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        durable.put(part, to)  # before the other copy goes
        file.unlink()
    except OSError as error:
        raise UserError(
            f"{file}: cannot be put away ({error.strerror}). The ledger says already that it is; mend the folder's "
            "rights or make room, then do the same again."
        ) from None


def months_before(now: datetime.datetime, months: int) -> datetime.datetime:
    """So many calendar months ago, the last day of a shorter month where need be."""
    count = now.year * 12 + now.month - 1 - months
    year, month = divmod(count, 12)
    last = (datetime.date(year + (month == 11), (month + 1) % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return now.replace(year=year, month=month + 1, day=min(now.day, last))
