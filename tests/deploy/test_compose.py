"""What prepare.sh writes for the containers; no container is started."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_prepared_twice_the_secrets_are_those_of_the_first_time(tmp_path: Path) -> None:
    for folder in ("compose", "debian"):
        shutil.copytree(DEPLOY / folder, tmp_path / folder, ignore=shutil.ignore_patterns("site"))
    kept = [prepared(tmp_path) for _ in range(2)]
    assert kept[0] == kept[1]
    assert len(kept[0]) == 16 and all(kept[0].values()), sorted(kept[0])


def prepared(place: Path) -> dict[str, bytes]:
    """Secrets, tokens and keys after one more time; who is not root is told so, each time."""
    command = [str(place / "compose/prepare.sh"), "mlflow.office.example", "desk.office.example"]
    done = subprocess.run(command, text=True, capture_output=True)
    root = os.geteuid() == 0
    assert done.returncode == (0 if root else 1), (done.returncode, done.stderr)
    assert root or "run this again as root" in done.stderr
    site = place / "compose/site"
    files = [*site.glob("secrets/*"), *site.glob("etc/desks/*.tokens"), *site.glob("etc/tls/*.key")]
    return {str(path.relative_to(site)): path.read_bytes() for path in files}
