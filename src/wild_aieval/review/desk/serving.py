"""Start the desk: batch, ledger, people, one desk a ledger, and a server on this machine."""

from __future__ import annotations

import datetime
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.address import is_database, open_ledger
from wild_aieval.review import queue, store
from wild_aieval.review.batch import Batch
from wild_aieval.review.content import Contents
from wild_aieval.review.desk import people
from wild_aieval.review.desk.exposure import LOOPBACK, Exposure, exposure
from wild_aieval.review.desk.flow import Desk
from wild_aieval.review.desk.people import People, Role
from wild_aieval.review.desk.shown import Shown
from wild_aieval.review.run import ReviewedRun
from wild_aieval.review.titles import SchemeTitles

if TYPE_CHECKING:
    import uvicorn

    from wild_aieval.oversight.ledger.events import Ledger
    from wild_aieval.review.desk.guard import Guard

__all__ = ["LOOPBACK", "Options", "alone", "made", "serve"]
LOG = "desk.log"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line chose. ``tokens``: a file of people of one's own; else ``persons`` are kept in the run.

    ``tls_name`` and ``proxies``: the name under which a proxy with TLS makes the desk known, and from where it comes.
    """

    run_folder: Path
    batch: str | None = None
    task: str | None = None
    ledger: str | None = None
    host: str = "127.0.0.1"
    port: int = 8765
    language: str = "en"
    persons: Mapping[str, Role] | None = None
    tokens: Path | None = None
    renew: bool = False
    tls_name: str = ""
    proxies: tuple[str, ...] = ()

    @property
    def exposure(self) -> Exposure:
        """Who can reach the desk; UserError where texts could leave this machine without TLS."""
        return exposure(self.host, self.tls_name, self.proxies)

    @property
    def address(self) -> str:
        """Where the ledger is."""
        return self.ledger or str(store.default_ledger(self.run_folder))


def serve(options: Options) -> None:
    """Serve until it is interrupted."""
    import uvicorn

    exposed, listening = options.exposure, _listening(options)
    with alone(options.address), listening:
        port = listening.getsockname()[1]
        application = made(options, port)
        listening.listen()  # whoever reads the address may ask at once
        host = f"[{options.host}]" if ":" in options.host else options.host
        known = f" (https://{options.tls_name}/ through the proxy)" if exposed.tls else ""
        try:
            print(f"The desk is at http://{host}:{port}/{known} until you end it with Ctrl+C.", flush=True)
            uvicorn.Server(config(application, exposed)).run(sockets=[listening])
        except KeyboardInterrupt:
            print("\nThe desk is closed. What was answered is in the ledger.", flush=True)


def config(application: Guard, exposed: Exposure, seconds: float | None = None) -> uvicorn.Config:
    """How the server runs; ``seconds``: the longest a request and its answer may take."""
    import uvicorn

    from wild_aieval.review.desk import connections

    return uvicorn.Config(
        application,
        http=connections.protocol(exposed, seconds or connections.SECONDS),
        ws="none",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the guard reads them, where a proxy was named
        lifespan="off",
        timeout_graceful_shutdown=5,
        workers=1,
    )


def made(options: Options, port: int) -> Guard:
    """The application with everything read that it needs; says who may sign in."""
    from wild_aieval.review.desk.access import AccessLog
    from wild_aieval.review.desk.app import Parts, application
    from wild_aieval.review.desk.sessions import Sessions

    run = ReviewedRun(options.run_folder)
    ledger = open_ledger(options.address)
    batch = _batch(options, run, ledger)
    _refuse_hidden(batch)
    titles = SchemeTitles.here()
    shown = Shown(Contents(run, batch, titles), titles)
    if batch.items:
        shown.warm(batch.items[0])
    desk = Desk(batch, ledger, shown.level, _now)
    exposed, sessions = options.exposure, Sessions(options.language)
    cookie = f"__Host-desk-{port}" if exposed.tls else f"desk-{port}"
    parts = Parts(desk, shown, _people(options, batch), sessions, _now, cookie, secure=exposed.tls)
    log = AccessLog(options.run_folder / store.FOLDER / LOG, run=run.id, batch=batch.id)
    return application(parts, exposed, log=log)


@contextmanager
def alone(address: str) -> Iterator[None]:
    """One desk for one ledger: two would not know of each other's reviewers."""
    from filelock import FileLock, Timeout

    lock = FileLock(_lock_file(address))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"review desk: another desk is at work on the ledger {_shown(address)}. All reviewers use that one: open "
            "its address. Or end it first, or name another ledger with --ledger."
        ) from None
    except OSError as error:
        raise UserError(f"review desk: the ledger {_shown(address)} cannot be locked ({error.strerror}).") from None
    try:
        yield
    finally:
        lock.release()


def _lock_file(address: str) -> Path:
    from wild_aieval.paths import runs_dir
    from wild_aieval.runspec import digest

    if is_database(address):
        path = runs_dir() / f".desk-{digest(address)[:16]}.lock"
    else:
        ledger = Path(address).expanduser().absolute()
        path = ledger.with_name(f".{ledger.name}.desk.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _listening(options: Options) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((options.host, options.port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise UserError(
            f"review desk: {options.host}:{options.port} is not free ({error}). Take another --port."
        ) from None
    return listening


def _batch(options: Options, run: ReviewedRun, ledger: Ledger) -> Batch:
    found = queue.newest(run.path, options.batch)
    if found is None:
        found = queue.make_batch(run, ledger, queue.Plan(task=options.task))
        print(f"No batch was there; {found.id} was made of what the run flagged, with an audit and planted errors.")
    print(f"Batch {found.id}: {len(found.items):,} items ({found.task}), each for {found.per_item} reviewers.")
    print(f"Ledger: {_shown(options.address)}")
    return found


def _shown(address: str) -> str:
    from wild_aieval.addresses import redacted_text

    return redacted_text(address)


def _refuse_hidden(batch: Batch) -> None:
    if batch.task == "search" and any(item.mode == "hidden_first" for item in batch.items):
        raise UserError(
            f"batch '{batch.id}': the documents of a search are judged themselves and cannot be hidden first. Make a "
            "batch in the mode 'shown'."
        )


def _people(options: Options, batch: Batch) -> People:
    if options.tokens is not None:
        return people.of_file(options.tokens)
    path = options.run_folder / store.FOLDER / people.PEOPLE
    wanted = options.persons or ({} if path.exists() and not options.renew else people.usual(batch.per_item))
    found, new = people.kept(path, wanted, options.renew)
    if new:
        print("New tokens, shown this once. Give each to one person, on paper or by a safe way:")
        width = max(map(len, new))
        for name, token in new.items():
            print(f"  {name:{width}}  {found.role(name):13}  {token}")
    if known := [person.name for person in found if person.name not in new]:
        print(f"With a token from before: {', '.join(known)}. For new ones: --new-tokens.")
    return found


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
