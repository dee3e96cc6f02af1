"""Write runs into verified files, one each."""

from __future__ import annotations

import argparse
from pathlib import Path

from wild_aieval.commands.runs import choosing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs, where the files go, and whether the folders go afterwards."""
    parser.add_argument("run_folder", type=Path, nargs="+", help="run folders, from here or below the root")
    choosing.add_root(parser)
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the archives go")
    parser.add_argument("--format", choices=("zst", "gz"), default="zst", help="compression (default: zst)")
    parser.add_argument("--remove", action="store_true", help="remove each folder once its archive is verified")
    parser.add_argument("--force", metavar="REASON", default="", help="with --remove, also runs that others refer to")


def run(arguments: argparse.Namespace) -> int:
    """Write, verify, say the digest, remove where asked. All runs are looked at before the first is written."""
    import hashlib

    from wild_aieval.errors import UserError
    from wild_aieval.operations import archive, retention
    from wild_aieval.operations.inventory import scan
    from wild_aieval.records.run_folder import RunFolder

    root, to = choosing.root_of(arguments), arguments.to.expanduser().resolve()
    chosen = [choosing.one(path, root) for path in arguments.run_folder]
    known = scan(root) if root.is_dir() else []
    for run in chosen:
        if run.state == "running":
            raise UserError(f"{run.path}: a process is at work in it. Archive it when that has ended.")
        if to.is_relative_to(run.path):
            raise UserError(f"--to {to}: lies in the run folder itself. Name another folder.")
        users = retention.users_of(run, known)
        if arguments.remove and users and not arguments.force:
            raise UserError(
                f"{run.path}: the run {users[0]} refers to it, and could not be scored again without it. Archive it "
                "without --remove, or say why it may go: --force 'REASON'."
            )
    for run in chosen:
        with RunFolder(run.path).locked():
            file = archive.write(run, to, arguments.format)
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        print(f"{file}: {run.name}, {choosing.size(run.bytes)}, verified\nsha256 {digest}")
        if arguments.remove:
            retention.delete(run, root, f"archived, sha256 {digest}", arguments.force)
            print(f"{run.path}: removed. Put it back with: python -m wild_aieval runs restore {file}")
    return 0
