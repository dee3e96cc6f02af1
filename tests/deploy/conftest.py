"""An office brought up from nothing by deploy/debian/install.sh: PostgreSQL, MLflow, a desk, nginx with TLS."""

from __future__ import annotations

import base64
import contextlib
import http.client
import importlib.util
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
MEMBERS = ["ann", "ben", "cleo", "dora", "eli", "fay", "gus", "hal"]
SHARED, APART = "shared", "kept-apart"  # experiments; a task's name is added
SECRET_TEXT = "a plough with a secret hinge"
SYMBOLS = ["A01B", "A61B", "B60L", "C07D"]


def _place(root: Path) -> Any:
    path = Path(__file__).parents[1] / "conftest.py"
    spec = importlib.util.spec_from_file_location("places_of_the_deployment", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Place(root)


class Office:
    """The deployment below ``root``, and how its people reach it."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root, self.scratch = root, scratch
        self.passwords: dict[str, str] = {}
        self.runs: list[Path] = []
        self.names = MEMBERS
        # It takes seconds to import MLflow: meanwhile the rest goes on.
        self.operations, self.people = _beside("every_way.py"), _beside("at_once.py")

    @property
    def site(self) -> dict[str, str]:
        lines = (self.root / "etc/wild-aieval/site.conf").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.site['HTTPS_PORT']}"

    @property
    def desk(self) -> str:
        return f"https://first.localhost:{self.site['HTTPS_PORT']}"

    def certificate(self, name: str = "localhost") -> Path:
        return self.root / f"etc/wild-aieval/tls/{name}.crt"

    def environment(self, member: str = "") -> dict[str, str]:
        """What a member sets on the own machine."""
        own = {"WAE_ROOT": str(self.root), "WILD_AIEVAL_RUNS": str(self.scratch), "PYTHONWARNINGS": "ignore"}
        own |= {"MLFLOW_TRACKING_SERVER_CERT_PATH": str(self.certificate()), "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}
        own |= {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
        if member:
            own |= {"MLFLOW_TRACKING_USERNAME": member, "MLFLOW_TRACKING_PASSWORD": self.passwords[member]}
        return _clean() | own

    def script(self, *command: str, fails: bool = False, root: Path | None = None) -> str:
        done = subprocess.run(
            [str(DEPLOY / command[0]), *command[1:]],
            env=self.environment() | ({"WAE_ROOT": str(root)} if root else {}),
            text=True,
            capture_output=True,
            timeout=300,
        )
        assert (done.returncode != 0) == fails, f"{command}: {done.stdout}{done.stderr}\n{self.logs()}"
        return done.stdout + done.stderr

    def install(self, *more: str) -> str:
        return self.script("debian/install.sh", "--try", str(self.root), "--venv", sys.prefix, *more)

    def members(self, *arguments: str, fails: bool = False) -> str:
        done = subprocess.run(
            [sys.executable, str(DEPLOY / "members.py"), *arguments],
            env=self.environment(),
            text=True,
            capture_output=True,
        )
        assert (done.returncode != 0) == fails, f"{done.stdout}{done.stderr}\n{self.logs()}"
        return done.stdout + done.stderr

    def logs(self) -> str:
        """How the log of each service ends."""
        files = sorted(self.root.glob("var/log/**/*.log"))
        return "\n".join(f"== {file.name}\n{file.read_text(errors='replace')[-2000:]}" for file in files)

    def allow(self, member: str, right: str, experiment: str) -> None:
        """What ``members.py allow`` asks, without its start."""
        body = {"username": member, "resource_type": "experiment", "permission": right}
        body["resource_id"] = self.experiment(experiment)
        status, text = self.ask("admin", "POST", "/api/3.0/mlflow/users/permissions/grant", body)
        assert status == 200, text

    def database(self, *words: str) -> None:
        """``stop -m fast`` or ``start``: what Debian's own scripts do."""
        data, program = self.root / "var/lib/postgresql", sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
        owner = "postgres" if os.geteuid() == 0 else ""
        become = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--init-groups"] if owner else []
        command = [*become, str(program), "-D", str(data), "-w", "-l", str(data / "log"), *words]
        quiet = subprocess.DEVNULL  # the server would hold a pipe open
        subprocess.run(command, check=True, cwd="/", stdin=quiet, stdout=quiet, stderr=quiet)

    def sql(self, database: str, text: str) -> str:
        socket = f"{self.root}/run/wild-aieval"
        command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "postgres", "-d", database, "-c", text]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def forged(self, dump: Path) -> None:
        """A dump of a ledger without its last event, in the place of the one with it."""
        self.sql("postgres", "CREATE DATABASE forged TEMPLATE template0")
        there = ["-h", f"{self.root}/run/wild-aieval", "-U", "postgres", "-d", "forged"]
        subprocess.run(["pg_restore", *there, "--exit-on-error", str(dump)], check=True)
        self.sql("forged", "ALTER TABLE wild_aieval_ledger DISABLE TRIGGER USER")
        self.sql("forged", "DELETE FROM wild_aieval_ledger WHERE seq = (SELECT max(seq) FROM wild_aieval_ledger)")
        subprocess.run(["pg_dump", *there, "-Fc", "-f", str(dump)], check=True)
        self.sql("postgres", "DROP DATABASE forged")

    def rows(self, database: str, table: str) -> list[str]:
        """All rows of a table as text."""
        return sorted(self.sql(database, f'COPY "{table}" TO STDOUT').splitlines())

    def dump(self, database: str) -> list[str]:
        """Tables, owners, rights and rows, a line each, in an order that does not tell when they came."""
        command = ["pg_dump", "-h", f"{self.root}/run/wild-aieval", "-U", "postgres", "-d", database]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return sorted(
            line
            for line in text.splitlines()
            if not line.startswith(("--", "\\restrict", "\\unrestrict")) and " CHECK " not in line
        )  # CHECK: written in other words

    def lost(self) -> None:
        """The machine is gone: every process at once, then every file. The folder is there again."""
        running = self.root / "run/wild-aieval"
        for file in running.glob("*.pid"):
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.killpg(int(file.read_text()), signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, ValueError, OSError):
            os.kill(int((self.root / "run/nginx.pid").read_text()), signal.SIGTERM)  # its workers end with it
        with contextlib.suppress(subprocess.CalledProcessError, IndexError):
            self.database("stop", "-m", "immediate")
        for path in self.root.iterdir():
            shutil.rmtree(path, ignore_errors=True)

    def ask(self, who: str, method: str, path: str, body: object = None, password: str = "") -> tuple[int, str]:
        """Status and text of one request to MLflow, through nginx."""
        secret = password or self.passwords[who]
        headers = {"Authorization": "Basic " + base64.b64encode(f"{who}:{secret}".encode()).decode()}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        return self.talk("localhost", method, path, None if body is None else json.dumps(body), headers)[:2]

    def talk(
        self, name: str, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, dict[str, str]]:
        """One request to a name of the office, whose certificate is looked at."""
        port = int(self.site["HTTPS_PORT"])
        trusted = ssl.create_default_context(cafile=str(self.certificate(name)))
        connection = _Named(name, port, context=trusted, timeout=60)
        try:
            connection.request(method, path, body, {"Host": f"{name}:{port}"} | (headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace"), dict(answer.getheaders())
        finally:
            connection.close()

    def experiment(self, name: str) -> str:
        answer = self.ask("admin", "GET", f"/api/2.0/mlflow/experiments/get-by-name?experiment_name={name}")
        assert answer[0] == 200, f"{answer}\n{self.logs()}"
        return str(json.loads(answer[1])["experiment"]["experiment_id"])

    def start_logging(self, *jobs: tuple[str, Path]) -> None:
        """``wild_aieval log`` of (member, run folder), all at once; see at_once.py."""
        orders = [[["log", str(folder), "--uri", self.url], self.environment(member)] for member, folder in jobs]
        self.people.stdin.write(json.dumps(orders) + "\n")
        self.people.stdin.flush()

    def logged(self) -> list[tuple[int, str]]:
        """The exit code of each, and what it said."""
        return [(code, said) for code, said in json.loads(self.people.stdout.readline())]

    def log(self, *jobs: tuple[str, Path]) -> list[tuple[int, str]]:
        """The same, to its end."""
        self.start_logging(*jobs)
        return self.logged()

    def pictures(self, **pages: Any) -> None:
        """Screenshots into $WAE_PICTURES, for whoever wants to look."""
        if folder := os.environ.get("WAE_PICTURES"):
            for name, page in pages.items():
                page.screenshot(path=f"{folder}/{name}.png")


def _clean() -> dict[str, str]:
    """Without the server that a test before this one talked to: MLflow keeps its address in the environment."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_TRACKING_")}


def _beside(program: str) -> subprocess.Popen[str]:
    """A program of this folder, which reads orders."""
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name(program))],
        env=_clean() | {"PYTHONWARNINGS": "ignore"},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


class _Named(http.client.HTTPSConnection):
    """A name of the office, which no name server knows: this machine."""

    def connect(self) -> None:
        import socket

        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)  # type: ignore[attr-defined]


def _missing() -> str:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or not shutil.which("psql"):
        return "PostgreSQL of Debian's packages is not installed (apt-get install postgresql)"
    if not Path("/usr/sbin/nginx").exists() or not shutil.which("openssl"):
        return "nginx or openssl is not installed (apt-get install nginx openssl)"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "PostgreSQL does not run as root, and there is no setpriv"
    return ""


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Eight members, a shared experiment, ten runs in folders, and a desk for the first of them."""
    if reason := _missing():
        pytest.skip(reason)
    for package in ("psycopg", "flask_wtf"):
        pytest.importorskip(package, reason="the extras postgres and server are not installed")
    root = Path(tempfile.mkdtemp(prefix="wae-", dir="/tmp"))  # PostgreSQL's socket needs a short path
    made = Office(root, tmp_path_factory.mktemp("members"))
    try:
        made.install()
        made.passwords["admin"] = (root / "etc/wild-aieval/secrets/admin-password").read_text().strip()
        for name in MEMBERS:
            made.passwords[name] = f"{name}-Password-0123456789"
            member = {"username": name, "password": made.passwords[name]}
            assert made.ask("admin", "POST", "/api/2.0/mlflow/users/create", member)[0] == 200
        _make_runs(made)
        made.script("debian/add-desk.sh", "first", str(made.runs[0]))
        yield made
    finally:
        for process in (made.operations, made.people):
            process.kill()
            process.communicate()
        made.lost()
        shutil.rmtree(root, ignore_errors=True)


def _make_runs(office: Office) -> None:
    place = _place(office.scratch)
    rows = [
        {"id": f"d{n}", "text": f"{SECRET_TEXT} {n}", "main": SYMBOLS[n % 4]} for n in range(8)
    ]  # ten runs of one benchmark that differ in their candidate
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WILD_AIEVAL_RUNS", str(office.scratch / "runs"))
        patch.syspath_prepend(str(place.plugins))
        sys.modules.pop("tricky_plugin", None)
        place.classification(rows)
        for weight, experiment in enumerate([SHARED] * 9 + [APART]):
            tracking = {"name": "none", "uri": None, "experiment": experiment, "max_traces": 4}
            asked = {"requested": ["d1", "d2"]}  # becomes traces
            made = place.run(place.tricky(weight=weight), f"run-{weight}", tracking=tracking, oversight=asked)
            office.runs.append(Path(made[1].path))
        sys.modules.pop("tricky_plugin", None)
