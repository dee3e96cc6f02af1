"""Members of a shared MLflow and what they may see: run by its administrator, with the deployment's Python.

    members.py add NAME                        a new member; prints a password once
    members.py password NAME                   a new password, printed once
    members.py remove NAME
    members.py list                            who there is
    members.py experiment NAME…                make experiments (with wild_aieval: NAME/classification, NAME/search, …)
    members.py allow MEMBER RIGHT EXPERIMENT…  READ, EDIT or MANAGE; NONE takes it back

The address is MLFLOW_TRACKING_URI, the administrator MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD; where they
are not set and this is the machine of the deployment: its own, read from /etc/wild-aieval.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

RIGHTS = ("READ", "EDIT", "MANAGE", "NONE")


class Wrong(Exception):  # noqa: N818  named for what it says
    """What is wrong, for whoever gave the command."""


class Members:
    """The accounts and rights of one server."""

    def __init__(self) -> None:
        import warnings

        warnings.simplefilter("ignore")  # of MLflow about its own libraries
        from mlflow import MlflowClient
        from mlflow.server import get_app_client

        uri = os.environ["MLFLOW_TRACKING_URI"]
        self._people = get_app_client("basic-auth", tracking_uri=uri)
        self._client = MlflowClient(uri)

    def add(self, name: str) -> None:
        """A new member, who sees nothing yet."""
        password = secrets.token_urlsafe(24)
        self._people.create_user(name, password)
        print(f"{name}  {password}")

    def password(self, name: str) -> None:
        """Another password."""
        password = secrets.token_urlsafe(24)
        self._people.update_user_password(name, password)
        print(f"{name}  {password}")

    def remove(self, name: str) -> None:
        """No member any more; what they logged stays."""
        self._people.delete_user(name)

    def list(self) -> None:
        """Everybody with a name."""
        answer = self._people._request("/api/2.0/mlflow/users/list", "GET")
        for user in sorted(answer["users"], key=lambda user: user["username"]):
            print(f"{user['username']}{'  administrator' if user['is_admin'] else ''}")

    def experiment(self, *names: str) -> None:
        """Make what is not there yet."""
        for name in names:
            if self._client.get_experiment_by_name(name) is None:
                self._client.create_experiment(name)

    def allow(self, member: str, right: str, *names: str) -> None:
        """Give a right on experiments, or take it back."""
        if right not in RIGHTS or not names:
            raise Wrong(f"allow MEMBER RIGHT EXPERIMENT…; RIGHT is one of {', '.join(RIGHTS)}.")
        for name in names:
            found = self._client.get_experiment_by_name(name)
            if found is None:
                raise Wrong(f"there is no experiment '{name}'. Make it with: members.py experiment {name}")
            if right == "NONE":
                self._people.revoke_user_permission(member, "experiment", found.experiment_id)
            else:
                self._people.grant_user_permission(member, "experiment", found.experiment_id, right)


def _site() -> None:
    """Address and administrator of the deployment on this machine, where none were given."""
    if "MLFLOW_TRACKING_URI" in os.environ:
        return
    folder = Path(os.environ.get("WAE_ROOT", "") + "/etc/wild-aieval")
    try:
        lines = (folder / "site.conf").read_text(encoding="utf-8").splitlines()
        password = (folder / "secrets" / "admin-password").read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Wrong(f"set MLFLOW_TRACKING_URI, or be root on the machine of the deployment ({error}).") from None
    site = dict(line.split("=", 1) for line in lines if "=" in line)
    os.environ["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{site['MLFLOW_PORT']}"
    os.environ.setdefault("MLFLOW_TRACKING_USERNAME", "admin")
    os.environ.setdefault("MLFLOW_TRACKING_PASSWORD", password)


def main(arguments: Sequence[str]) -> int:
    """One command; 1 with a sentence where something is wrong."""
    needed = {"add": 1, "password": 1, "remove": 1, "list": 0, "experiment": 1, "allow": 3}
    if not arguments or arguments[0] not in needed or len(arguments) - 1 < needed[arguments[0]]:
        print(__doc__)
        return 1
    os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    try:
        _site()
        command: Callable[..., Any] = getattr(Members(), arguments[0])
        command(*arguments[1:])
    except Exception as error:  # noqa: BLE001  MLflow raises errors of several libraries
        print(f"members.py: {str(error).splitlines()[0] if str(error) else type(error).__name__}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
