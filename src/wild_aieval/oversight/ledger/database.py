"""The ledger of a group in a database: one table that nobody changes, the same events, the same chain.

PostgreSQL serves a group; sqlite is for trying things out and for tests. When the table is made, the rights to change
rows are taken from everybody, its owner included, and a trigger refuses in any case. Who owns the table can undo both:
note the head elsewhere as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sql
from sqlalchemy.exc import SQLAlchemyError

from wild_aieval.addresses import redacted, redacted_text
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.canonical import dumped
from wild_aieval.oversight.ledger.chain import Broken, Chain, Clock, line, utc_now
from wild_aieval.oversight.ledger.events import Entry, Event

TABLE = "wild_aieval_ledger"
_LOCK = 0x77696C64  # of the whole database, while one writer appends
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")

_metadata = sql.MetaData()
_table = sql.Table(
    TABLE,
    _metadata,
    sql.Column("seq", sql.BigInteger, primary_key=True, autoincrement=False),
    sql.Column("prev", sql.Text, nullable=False, unique=True),  # two events cannot follow the same one
    sql.Column("ts", sql.Text, nullable=False),
    sql.Column("actor", sql.Text, nullable=False),
    sql.Column("role", sql.Text, nullable=False),
    sql.Column("kind", sql.Text, nullable=False),
    sql.Column("payload", sql.Text, nullable=False),  # canonical JSON
    sql.Column("hash", sql.Text, nullable=False, unique=True),
    sql.Column("schema_version", sql.Integer, nullable=False),
)
_NAMES = [column.name for column in _table.columns]

_POSTGRES = (
    f"""CREATE OR REPLACE FUNCTION {TABLE}_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'a ledger is only appended to'; END $$""",
    f"""CREATE TRIGGER {TABLE}_rows BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuses()""",
    f"""CREATE TRIGGER {TABLE}_whole BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuses()""",
    f"REVOKE ALL ON {TABLE} FROM PUBLIC",
    f"REVOKE UPDATE, DELETE, TRUNCATE ON {TABLE} FROM CURRENT_USER",
)
_SQLITE = tuple(
    f"CREATE TRIGGER {TABLE}_{verb.lower()} BEFORE {verb} ON {TABLE} "
    "BEGIN SELECT RAISE(ABORT, 'a ledger is only appended to'); END"
    for verb in ("UPDATE", "DELETE")
)


class DatabaseLedger:
    """The ledger at ``postgresql://USER@HOST/DATABASE``; the table is made where it is missing and may be."""

    def __init__(self, address: str, clock: Clock = utc_now) -> None:
        self._address, self._clock = address, clock
        self._engine = _engine(address)
        self._chain = Chain()
        self._do(self._create)

    def append(self, kind: str, actor: str, role: str, payload: Mapping[str, Any]) -> Event:
        """Add one event and wait until the database has it."""
        return self.append_many([Entry(kind, actor, role, payload)])[0]

    def append_many(self, entries: Iterable[Entry]) -> list[Event]:
        """Add several events in one transaction."""
        wanted = list(entries)
        return self._do(lambda connection: self._added(connection, wanted)) if wanted else []

    def events(self) -> Iterator[Event]:
        """All events in order; each is held against the chain."""
        chain = Chain()
        with _told():
            for where, raw in self.lines():
                yield chain.read(raw, where)
            chain.complete(redacted(self._address))

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the last event."""
        self.refresh()
        return self._chain.seq, self._chain.head

    @property
    def chain(self) -> Chain:
        """Where the ledger stands, who has decided what included, after ``refresh``."""
        return self._chain

    def refresh(self) -> None:
        """Read what others have appended."""
        self._do(self._catch_up)

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """(place, line) of each row, as a file would hold it."""
        yield from self._do(lambda connection: list(self._lines(connection, 0)))

    def grant(self, role: str) -> None:
        """Let another role of PostgreSQL read and append, and nothing else."""
        if not _ROLE.fullmatch(role):
            raise UserError(f"'{role}' is no name of a role that needs no quotes: small letters, digits and '_'.")
        self._do(lambda connection: connection.execute(sql.text(f"GRANT SELECT, INSERT ON {TABLE} TO {role}")))

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    def _added(self, connection: sql.Connection, wanted: list[Entry]) -> list[Event]:
        try:
            if self._engine.dialect.name == "postgresql":
                connection.execute(sql.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            self._catch_up(connection)
            now = self._clock()
            made = [self._chain.next(entry, now) for entry in wanted]
            connection.execute(sql.insert(_table), [_row(event) for event in made])
            with _unknown(self._address):
                connection.commit()
        except BaseException:
            self._chain = Chain()  # it has gone ahead of the table: read it again when it is needed
            raise
        return made

    def _catch_up(self, connection: sql.Connection) -> None:
        with _told():
            for where, raw in self._lines(connection, self._chain.seq):
                self._chain.read(raw, where)
            self._chain.complete(redacted(self._address))

    def _lines(self, connection: sql.Connection, after: int) -> Iterator[tuple[str, bytes]]:
        found = connection.execute(sql.select(_table).where(_table.c.seq > after).order_by(_table.c.seq))
        for row in found.mappings():
            where = f"{redacted(self._address)}, row {row['seq']}"
            yield where, _line(dict(row), where)

    def _create(self, connection: sql.Connection) -> None:
        if sql.inspect(connection).has_table(TABLE):
            return
        postgres = self._engine.dialect.name == "postgresql"
        if postgres:
            connection.execute(sql.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            if sql.inspect(connection).has_table(TABLE):
                return
        _metadata.create_all(connection)
        for statement in _POSTGRES if postgres else _SQLITE:
            connection.execute(sql.text(statement))

    def _do(self, work: Callable[[sql.Connection], Any]) -> Any:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise UserError(
                f"{redacted(self._address)}: the ledger cannot be used ({_reason(error)}). Nothing was appended. See "
                "that the server runs, and that this user may SELECT and INSERT in its table."
            ) from None


def _engine(address: str) -> sql.Engine:
    for plain in ("postgresql://", "postgres://"):
        if address.startswith(plain):
            address = "postgresql+psycopg://" + address.removeprefix(plain)
    try:
        engine = sql.create_engine(address, pool_pre_ping=True)  # the server may have been started anew meanwhile
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        raise UserError(
            f"{redacted(address)}: this database cannot be opened ({str(error).splitlines()[0]}). PostgreSQL needs: "
            "pip install 'wild-aieval[postgres]'"
        ) from None
    if engine.dialect.name == "sqlite":
        _one_writer_at_a_time(engine)
    return engine


def _one_writer_at_a_time(engine: sql.Engine) -> None:
    """sqlite: a transaction takes the lock when it begins, not when it first writes."""

    @sql.event.listens_for(engine, "connect")
    def _(connection: Any, record: Any) -> None:
        connection.isolation_level = None

    @sql.event.listens_for(engine, "begin")
    def _(connection: sql.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _row(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line(event))
    return found | {"payload": dumped(found["payload"]).decode("utf-8")}


def _line(row: Mapping[str, Any], where: str) -> bytes:
    """The line of a file; a payload that is not canonical stays so and is found by who reads the line."""
    try:
        payload = json.loads(row["payload"])
        content = dumped({name: row[name] for name in _NAMES} | {"payload": payload})
    except (ValueError, TypeError) as error:
        raise Broken(where, "json", str(error)) from None
    if dumped(payload).decode("utf-8") != row["payload"]:
        raise Broken(where, "canonical", "the same content would be written in other bytes")
    return content + b"\n"


@contextmanager
def _unknown(address: str) -> Iterator[None]:
    """The connection may be lost after the server has kept all and before it says so: then nobody here knows."""
    try:
        yield
    except SQLAlchemyError as error:
        raise UserError(
            f"{redacted(address)}: the connection was lost while the ledger was written ({_reason(error)}). It may "
            "have been appended, or nothing of it. Read the ledger before you append it again."
        ) from None


def _reason(error: SQLAlchemyError) -> str:
    return redacted_text(str(getattr(error, "orig", None) or error).strip().splitlines()[0])


@contextmanager
def _told() -> Iterator[None]:
    """A broken row as what a user reads."""
    try:
        yield
    except Broken as broken:
        raise UserError(f"{broken}. Nothing is appended to a broken ledger; keep it as evidence.") from None
