"""Where a ledger is: a path, or the address of a database."""

from __future__ import annotations

from pathlib import Path

from wild_aieval.oversight.ledger.events import Ledger
from wild_aieval.oversight.ledger.file import FileLedger


def open_ledger(address: str | Path) -> Ledger:
    """The ledger at a path or at ``postgresql://…`` (``sqlite:///FILE`` for trying things out)."""
    if not is_database(address):
        return FileLedger(Path(address).expanduser())
    from wild_aieval.oversight.ledger.database import DatabaseLedger

    return DatabaseLedger(str(address))


def is_database(address: str | Path) -> bool:
    """Whether the address is that of a database."""
    return "://" in str(address)
