"""What is asked over the network: the MLflow store or server, the hub; and keys that endpoints need, never shown."""

from __future__ import annotations

import os
import re
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib import metadata, util
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wild_aieval.addresses import SQLITE, is_web, redacted, redacted_text
from wild_aieval.operations.checks import Finding, Place

PATIENCE = 2.0  # seconds for one answer; two are asked for at most
HUB = "https://huggingface.co"
_REVISION = re.compile(r"^(down_)?revision\s*(?::[^=]*)?=\s*['\"]?([0-9a-f]+|None)", re.MULTILINE)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A login must not travel to another place."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Never."""


def mlflow(place: Place) -> Iterator[Finding]:
    """Whether results can be shown there; a run needs no store to be complete."""
    if is_web(place.uri):
        yield _server(place.uri.rstrip("/"))
    elif place.uri.startswith(SQLITE):
        yield _sqlite(Path(place.uri.removeprefix(SQLITE)))
    else:
        yield _database(place.uri)


def hub(place: Place) -> Iterator[Finding]:
    """Whether public sets and models can be fetched, and whether a token is set."""
    token = "a token is set" if _has_token() else "no token"
    if os.environ.get("HF_HUB_OFFLINE", "0").upper() not in ("", "0", "FALSE", "NO", "OFF"):
        yield Finding("hub", "ok", f"off (HF_HUB_OFFLINE), {token}; what is in the cache is used")
        return
    address = os.environ.get("HF_ENDPOINT", HUB)
    status, said = _ask(f"{address}/api/models?limit=1", {})
    if status == 0:
        remedy = "Nothing that is here needs it. export HF_HUB_OFFLINE=1 saves the waiting."
        yield Finding("hub", "look", f"{redacted(address)} is not reached ({said}), {token}", remedy)
    else:
        yield Finding("hub", "ok", f"{redacted(address)} answers, {token}")


def endpoints(place: Place) -> Iterator[Finding]:
    """For each model file that names an address: which variables it takes keys from, and whether they are set."""
    import yaml

    from wild_aieval.paths import conf_dir

    for folder in filter(None, (conf_dir(), place.own)):
        for file in sorted((folder / "model").glob("*.yaml")):
            try:
                raw = yaml.safe_load(file.read_text(encoding="utf-8"))
            except (OSError, ValueError, yaml.YAMLError) as error:
                yield Finding(
                    "endpoints", "broken", f"{file} cannot be read ({type(error).__name__})", "Mend the file."
                )
                continue
            names = sorted(set(_variables(raw)))
            if isinstance(raw, Mapping) and raw.get("url") and names:
                unset = [name for name in names if not os.environ.get(name, "").strip()]
                text = f"{file.stem}: " + ", ".join(f"{n} {'is not set' if n in unset else 'is set'}" for n in names)
                remedy = f"If wanted: export {unset[0]}=…" if unset else ""
                yield Finding("endpoints", "look" if unset and folder == place.own else "ok", text, remedy)


def _server(uri: str) -> Finding:
    try:
        login = _login()
    except ValueError as error:
        return Finding("mlflow", "broken", str(error), "Set it anew.")
    shown = redacted(uri)
    status, said = _ask(f"{uri}/version", login)
    if status == 0:
        remedy = "Start it or mend tracking.uri; runs are kept and can be logged later with 'log'."
        return Finding("mlflow", "broken", f"{shown} is not reached ({said})", remedy)
    if status not in (401, 403):
        version = said.strip() if status == 200 and re.fullmatch(r"\s*\d+\.\d+\S*\s*", said) else ""
        status, said = _ask(f"{uri}/api/2.0/mlflow/experiments/search?max_results=1", login)
    if status in (401, 403):
        what = "refuses the login" if login else "wants a login"
        remedy = "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN."
        return Finding("mlflow", "broken", f"{shown} {what} (HTTP {status})", remedy)
    if status != 200:
        return Finding(
            "mlflow", "broken", f"{shown} answers with HTTP {status}: no MLflow server?", "See tracking.uri."
        )
    ours = metadata.version("mlflow")
    if version and version.split(".")[0] != ours.split(".")[0]:
        remedy = f"Bring the server to MLflow {ours.split('.')[0]}, or expect refusals."
        return Finding("mlflow", "look", f"{shown} is MLflow {version}, this is {ours}", remedy)
    return Finding(
        "mlflow", "ok", f"{shown} answers (MLflow {version or 'of unknown version'}{', login' if login else ''})"
    )


def _sqlite(file: Path) -> Finding:
    import sqlite3

    if not file.exists():
        return Finding("mlflow", "ok", f"{file}: not there yet; the first run makes it")
    head = newest_schema()
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True, timeout=1.0)) as connection:
            (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except (sqlite3.Error, TypeError) as error:
        remedy = "Is a run at work, the disk full, or the file damaged? Runs can be logged again into a new store."
        return Finding("mlflow", "broken", f"{file} cannot be written ({error})", remedy)
    if head and found != head:
        remedy = f"Make a copy, then: mlflow db upgrade {SQLITE}{file}"
        return Finding("mlflow", "look", f"{file} has the tables of another MLflow ({found}, not {head})", remedy)
    return Finding("mlflow", "ok", f"{file} can be written, its tables are up to date")


def _database(uri: str) -> Finding:
    import sqlalchemy as sql

    try:
        engine = sql.create_engine(uri, connect_args={"connect_timeout": int(2 * PATIENCE)})
        with engine.connect() as connection:
            found = connection.execute(sql.text("SELECT version_num FROM alembic_version")).scalar()
    except Exception as error:  # noqa: BLE001  drivers raise errors of their own kinds
        said = redacted_text(str(getattr(error, "orig", None) or error).strip().splitlines()[0])
        return Finding(
            "mlflow", "broken", f"{redacted(uri)} is not reached ({said})", "See that it runs; see tracking.uri."
        )
    head = newest_schema()
    if head and found != head:
        remedy = "Let its keeper run 'mlflow db upgrade'."
        return Finding("mlflow", "look", f"{redacted(uri)} has the tables of another MLflow ({found})", remedy)
    return Finding("mlflow", "ok", f"{redacted(uri)} answers, its tables are up to date")


def newest_schema() -> str:
    """The newest migration of the installed MLflow, read from its files: importing it takes seconds."""
    spec = util.find_spec("mlflow")
    if spec is None or spec.origin is None:
        return ""
    revisions: set[str] = set()
    olders: set[str] = set()
    for file in (Path(spec.origin).parent / "store" / "db_migrations" / "versions").glob("*.py"):
        for older, name in _REVISION.findall(file.read_text(encoding="utf-8")):
            (olders if older else revisions).add(name)
    newest = revisions - olders
    return newest.pop() if len(newest) == 1 else ""


def _ask(url: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """Status and beginning of the answer; 0 and why not, where there is none."""
    if not is_web(url):
        return 0, "no address of a server"
    request = urllib.request.Request(url, headers={"User-Agent": "wild-aieval", **headers})  # noqa: S310  checked by callers
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=PATIENCE) as answer:
            return int(answer.status), answer.read(2_000).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, ""
    except (OSError, ValueError) as error:
        return 0, redacted_text(str(getattr(error, "reason", error)))


def _login() -> dict[str, str]:
    """As MLflow's own client takes it from the environment."""
    token, user = os.environ.get("MLFLOW_TRACKING_TOKEN", ""), os.environ.get("MLFLOW_TRACKING_USERNAME", "")
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD", "")
    if not (token + user + password).isprintable():
        raise ValueError("MLFLOW_TRACKING_TOKEN, _USERNAME or _PASSWORD holds a control character")
    if user and password:
        return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode('ascii')}"}
    return {"Authorization": f"Bearer {token}"} if token else {}


def _has_token() -> bool:
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    return bool(os.environ.get("HF_TOKEN") or (home / "token").is_file())


def _variables(raw: Any) -> Iterator[str]:
    """Names of environment variables in settings: ``{env: NAME}``, ``user_env`` and ``password_env``."""
    if isinstance(raw, Mapping):
        for name, value in raw.items():
            if isinstance(value, str) and (name == "env" or str(name).endswith("_env")):
                yield value
            yield from _variables(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from _variables(value)
