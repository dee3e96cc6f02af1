"""The ledger of a group: the same chain in a database, in which nobody changes a row."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sql

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.address import open_ledger
from wild_aieval.oversight.ledger.chain import line
from wild_aieval.oversight.ledger.database import TABLE, DatabaseLedger, _engine
from wild_aieval.oversight.ledger.events import Entry
from wild_aieval.oversight.ledger.verify import verify


def opened(token: str, actor: str = "anna") -> Entry:
    return Entry("review.opened", actor, "reviewer", {"batch": "b", "token": token})


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of our own on a socket, ended with the tests; it must not run as root."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # Debian keeps them off the PATH
    places = os.pathsep.join([os.environ.get("PATH", ""), *map(str, debian)])
    found = {name: shutil.which(name, path=places) for name in ("initdb", "pg_ctl")}
    if not all(found.values()):
        pytest.skip("initdb and pg_ctl are not here")
    pytest.importorskip("psycopg")
    become: list[str] = []
    if os.geteuid() == 0:
        if "postgres" not in {user.pw_name for user in pwd.getpwall()} or not shutil.which("setpriv"):
            pytest.skip("PostgreSQL does not run as root, and there is no user 'postgres' or no setpriv")
        become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    home = Path(subprocess.run(["mktemp", "-d", "/tmp/pg-XXXXXX"], capture_output=True, text=True).stdout.strip())
    if become:
        shutil.chown(home, "postgres", "postgres")

    def call(name: str, *command: str) -> None:
        done = subprocess.run(
            [*become, str(found[name]), *command], capture_output=True, text=True, cwd="/", timeout=60
        )
        if done.returncode:
            pytest.skip(f"PostgreSQL cannot be started here: {done.stderr.strip()[-200:]}")

    data = str(home / "data")
    try:
        call("initdb", "-D", data, "-U", "keeper", "--auth=trust", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
        call("pg_ctl", "-D", data, "-o", options, "-l", str(home / "log"), "-w", "start")
        yield f"postgresql://keeper@/postgres?host={home}"
        subprocess.run(
            [*become, str(found["pg_ctl"]), "-D", data, "-m", "immediate", "stop"], capture_output=True, cwd="/"
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgres(server: str) -> Iterator[str]:
    """A database of its own for a test."""
    engine = _engine(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sql.text("CREATE DATABASE group_ledger"))
    yield server.replace("/postgres?", "/group_ledger?")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sql.text("DROP DATABASE group_ledger WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    found: str = request.getfixturevalue("postgres")
    return found


def test_events_come_back_and_the_chain_is_that_of_a_file(address: str, tmp_path: Path) -> None:
    ledger = open_ledger(address)
    answer = {"symbols": ["A61B 5/00"], "größe": [1, None, True]}
    made = ledger.append_many(
        [opened("a"), Entry("review.first_answer", "anna", "reviewer", {"batch": "b", "token": "t", "answer": answer})]
    )
    made.append(ledger.append("ai.revealed", "anna", "reviewer", {"batch": "b", "token": "t"}))
    assert list(open_ledger(address).events()) == made
    assert ledger.head == (3, made[-1].hash)
    as_file = tmp_path / "copy.jsonl"
    as_file.write_bytes(b"".join(map(line, made)))
    assert verify(as_file, made[1].hash).head == verify(address, made[1].hash).head == made[-1].hash


def test_the_same_rules_hold(address: str) -> None:
    ledger = open_ledger(address)
    first = {"batch": "b", "token": "t", "answer": {}}
    ledger.append("review.first_answer", "anna", "reviewer", first)
    with pytest.raises(UserError, match="first answer stands"):
        open_ledger(address).append("review.first_answer", "anna", "reviewer", first)
    with pytest.raises(UserError, match="cannot keep"):
        ledger.append("review.opened", "anna", "reviewer", {"batch": "b", "token": 0.5})
    assert ledger.head[0] == 1


@pytest.mark.parametrize("statement", [f"UPDATE {TABLE} SET actor = 'x'", f"DELETE FROM {TABLE}", f"TRUNCATE {TABLE}"])
def test_nobody_changes_a_row(address: str, statement: str) -> None:
    if address.startswith("sqlite") and statement.startswith("TRUNCATE"):
        pytest.skip("sqlite knows no TRUNCATE")
    open_ledger(address).append_many([opened("a"), opened("b")])
    engine = _engine(address)
    with pytest.raises(sql.exc.DBAPIError, match=r"only appended to|permission denied"), engine.begin() as connection:
        connection.execute(sql.text(statement))
    engine.dispose()
    assert verify(address).events == 2


def test_a_writer_of_the_group_may_append_and_nothing_else(postgres: str) -> None:
    keeper = DatabaseLedger(postgres)
    keeper.append_many([opened("a")])
    engine = _engine(postgres)
    with engine.begin() as connection:
        connection.execute(sql.text("DROP ROLE IF EXISTS examiner"))
        connection.execute(sql.text("CREATE ROLE examiner LOGIN"))
    theirs = postgres.replace("keeper@", "examiner@")
    with pytest.raises(UserError, match="permission denied"):
        DatabaseLedger(theirs).append_many([opened("b")])
    keeper.grant("examiner")
    assert DatabaseLedger(theirs).append_many([opened("b")])[0].seq == 2
    own = _engine(theirs)
    for statement in (f"DELETE FROM {TABLE}", f"UPDATE {TABLE} SET actor = 'x'", f"DROP TABLE {TABLE}"):
        with pytest.raises(sql.exc.DBAPIError, match=r"permission denied|must be owner"), own.begin() as connection:
            connection.execute(sql.text(statement))
    with pytest.raises(UserError, match="no name of a role"):
        keeper.grant("x; DROP TABLE y")
    own.dispose()
    with engine.begin() as connection:
        connection.execute(sql.text("DROP OWNED BY examiner"))
        connection.execute(sql.text("DROP ROLE examiner"))
    engine.dispose()


@pytest.mark.parametrize(
    ("change", "what", "row"),
    [
        ("UPDATE {} SET actor = 'mallory' WHERE seq = 3", "hash", "row 3"),
        ("UPDATE {} SET payload = 'x' WHERE seq = 3", "json", "row 3"),
        ("UPDATE {} SET payload = payload || ' ' WHERE seq = 3", "canonical", "row 3"),
        ("DELETE FROM {} WHERE seq = 1", "retired", ""),
    ],
)
def test_a_row_that_an_administrator_changed_is_named(address: str, change: str, what: str, row: str) -> None:
    ledger = open_ledger(address)
    head = ledger.append_many([opened(token) for token in "abcd"])[-1].hash
    engine = _engine(address)
    drop = (
        f"DROP TRIGGER {TABLE}_{change.split()[0].lower()}"
        if address.startswith("sqlite")
        else f"ALTER TABLE {TABLE} DISABLE TRIGGER ALL"
    )
    grant = [] if address.startswith("sqlite") else [f"GRANT UPDATE, DELETE ON {TABLE} TO CURRENT_USER"]
    with engine.begin() as connection:
        for statement in (drop, *grant, change.format(TABLE)):
            connection.execute(sql.text(statement))
    engine.dispose()
    fault = verify(address, head).fault
    assert fault is not None
    assert (fault.what, fault.where.endswith(row)) == (what, True)
    fresh = open_ledger(address)
    with pytest.raises(UserError, match="broken ledger"):
        fresh.append_many([opened("more")])
    with pytest.raises(UserError, match="broken ledger"):
        list(fresh.events())


def test_many_writers_take_turns(address: str) -> None:
    open_ledger(address)
    faults: list[BaseException] = []

    def write(actor: str) -> None:
        try:
            ledger = open_ledger(address)
            for number in range(15):
                ledger.append_many([opened(f"t{number}", actor)])
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("anna", "bob", "cleo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    verdict = verify(address)
    assert (verdict.fault, verdict.events) == (None, 45)


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        open_ledger(f"postgresql://keeper:s3cret@/x?host={tmp_path}&connect_timeout=2")
    assert "s3cret" not in str(caught.value)
    assert "***" in str(caught.value)


def test_an_unknown_kind_of_database_is_told() -> None:
    with pytest.raises(UserError, match="cannot be opened"):
        open_ledger("oracle9://x/y")
