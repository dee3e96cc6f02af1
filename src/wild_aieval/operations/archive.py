"""Archives of run folders: one file with a manifest of SHA-256 digests, verified after writing; and back.

An archive holds what the run folder holds, texts included: its name says the strictest class of confidentiality of the
benchmarks, and only its owner can read it. What comes from an archive is never trusted: names, sizes and digests of
every member must be those of the manifest, which comes first, and only plain files are made.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, Literal, cast

from wild_aieval import __version__, durable, schema_version
from wild_aieval.errors import UserError
from wild_aieval.operations.inventory import Run
from wild_aieval.tar_headers import BoundedHeader

SCHEMA_VERSION = 1
MANIFEST = "MANIFEST.json"
Form = Literal["zst", "gz"]
_MOST_MANIFEST = 64 << 20
_BLOCK = 1 << 20
_PART = ".part"


def write(run: Run, to: Path, form: Form = "zst") -> Path:
    """Write ``NAME.CLASS.tar.FORM`` into the folder ``to`` and read it back; the caller holds the run's lock."""
    to.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.+-]+", "_", run.name)
    file = to / f"{name}.{run.confidentiality}.tar.{form}"
    if file.exists():
        raise UserError(f"{file}: this archive is there already. Name another folder with --to, or move it away.")
    manifest = _manifest(run)
    partial = file.with_name(f".{file.name}{_PART}")
    partial.unlink(missing_ok=True)
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _pack(run.path, manifest, partial, form)
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        if _unpack(partial, form, None) != manifest:
            raise UserError(f"{file}: what was written cannot be read back. Nothing was removed; look at the disk.")
        durable.put(partial, file)
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}). Make room; the run is as it was.") from None
    finally:
        partial.unlink(missing_ok=True)
    return file


def restore(file: Path, root: Path) -> Path:
    """Put a run folder back below the root, whole or not at all; returns it. UserError where anything does not fit."""
    form: Form = "gz" if file.name.endswith(".gz") else "zst"
    if not file.is_file():
        raise UserError(f"{file}: there is no such file.")
    root.mkdir(parents=True, exist_ok=True)
    place = root / f".restoring-{secrets.token_hex(4)}"
    try:
        place.mkdir(mode=0o700)
        manifest = _unpack(file, form, place)
        run = root / _inside(manifest["run"], file)
        if run.exists():
            raise UserError(f"{run}: this run folder is there already. Name another root with --root.")
        run.parent.mkdir(parents=True, exist_ok=True)
        place.chmod(0o755 if manifest["confidentiality"] == "open" else 0o700)
        durable.sync_tree(place)
        place.rename(run)
        durable.sync_folder(run.parent)
    except OSError as error:
        raise UserError(f"{file}: cannot be put back ({error.strerror}). Make room; nothing is left of it.") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return run


def _manifest(run: Run) -> dict[str, Any]:
    """Files with sizes, modes and digests. Locks and what was half written stay out."""
    files = []
    for path in sorted(run.path.rglob("*")):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise UserError(f"{path}: a link or a special file, which is not archived. Take it out of the run folder.")
        if path.is_file() and not path.name.endswith((".lock", _PART)):
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            stat = path.stat()
            name = path.relative_to(run.path).as_posix()
            files.append({"path": name, "size": stat.st_size, "mode": stat.st_mode & 0o777, "sha256": digest})
    return {
        "schema_version": SCHEMA_VERSION,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "wild_aieval": __version__,
        "run": run.name,
        "model": run.model,
        "benchmarks": list(run.benchmarks),
        "confidentiality": run.confidentiality,
        "files": files,
    }


def _pack(folder: Path, manifest: Mapping[str, Any], file: Path, form: Form) -> None:
    content = json.dumps(manifest, ensure_ascii=False, indent=1).encode("utf-8")
    with _written(file, form) as packed, tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        head = tarfile.TarInfo(MANIFEST)
        head.size, head.mode = len(content), 0o600
        tar.addfile(head, io.BytesIO(content))
        for entry in manifest["files"]:
            info = tarfile.TarInfo(f"run/{entry['path']}")  # no owner, no times: nothing of the machine
            info.size, info.mode = entry["size"], entry["mode"]
            with (folder / entry["path"]).open("rb") as source:
                tar.addfile(info, source)


def _unpack(file: Path, form: Form, to: Path | None) -> dict[str, Any]:
    """Hold every member against the manifest; write it below ``to`` where given. Returns the manifest."""
    try:
        with _read(file, form) as packed, tarfile.open(fileobj=packed, mode="r|", tarinfo=BoundedHeader) as tar:
            members = iter(tar)
            manifest = _first(next(members, None), tar, file)
            if to is not None:
                _room(manifest, to, file)
            awaited = {f"run/{_inside(entry['path'], file)}": entry for entry in manifest["files"]}
            for member in members:
                entry = awaited.pop(member.name, None)
                if entry is None or not member.isreg() or member.size != entry["size"]:
                    raise _refused(file, f"'{member.name[:120]}' is not what the manifest names")
                _take(tar, member, entry, None if to is None else to / entry["path"], file)
            if awaited:
                raise _refused(file, f"'{next(iter(awaited))[:120]}' is missing")
            return manifest
    except OSError as error:
        if error.errno is None:  # of a decompressor, not of the disk
            raise _refused(file, str(error)) from None
        raise
    except (tarfile.TarError, zlib.error, ValueError, KeyError, TypeError, EOFError, AttributeError) as error:
        raise _refused(file, f"{type(error).__name__}: {error}") from None


def _room(manifest: Mapping[str, Any], to: Path, file: Path) -> None:
    """What would fill the disk is not begun."""
    size, free = sum(max(0, int(entry["size"])) for entry in manifest["files"]), shutil.disk_usage(to).free
    if size > free:
        raise UserError(
            f"{file}: its files take {size:,} bytes, and {free:,} are free below {to.parent}. Nothing was put back. "
            "Make room, or look where the archive comes from: it may have been made to fill a disk."
        )


def _first(member: tarfile.TarInfo | None, tar: tarfile.TarFile, file: Path) -> dict[str, Any]:
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > _MOST_MANIFEST:
        raise _refused(file, f"it does not begin with {MANIFEST}")
    manifest: dict[str, Any] = json.loads(_content(tar, member).read())
    schema_version.check(manifest["schema_version"], SCHEMA_VERSION, file)
    return manifest


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, entry: Any, to: Path | None, file: Path) -> None:
    """Read one member, write it where wanted, and hold its digest against the manifest."""
    stream, digest = _content(tar, member), hashlib.sha256()
    with _target(to, int(entry["mode"])) as target:
        while block := stream.read(_BLOCK):
            digest.update(block)
            target.write(block)
        target.flush()
        if to is not None:
            os.fsync(target.fileno())
    if digest.hexdigest() != entry["sha256"]:
        raise _refused(file, f"'{member.name[:120]}' does not fit its digest")


def _target(to: Path | None, mode: int) -> IO[bytes]:
    """A new file, readable by others where it was; None: nowhere."""
    if to is None:
        return Path(os.devnull).open("wb")
    to.parent.mkdir(parents=True, exist_ok=True)
    return os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o644 | 0o600), "wb")


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(member)
    if stream is None:
        raise TypeError(f"{member.name} is no file")
    return stream


def _inside(name: Any, file: Path) -> str:
    """A name that leads nowhere else."""
    parts = PurePosixPath(name).parts if isinstance(name, str) else ()
    if not parts or name.startswith("/") or "\0" in name or "\\" in name or {"..", "."} & set(name.split("/")):
        raise _refused(file, f"the name {str(name)[:120]!r} leads out of the folder")
    return "/".join(parts)


def _refused(file: Path, why: str) -> UserError:
    return UserError(
        f"{file}: this is no whole archive of a run ({why}). It was changed, cut or damaged; nothing was put back. "
        "Take another copy of it."
    )


@contextmanager
def _written(file: Path, form: Form) -> Iterator[IO[bytes]]:
    """Compression; zstd comes with pyarrow."""
    if form == "gz":
        import gzip

        with file.open("wb") as stream, gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed:
            yield cast(IO[bytes], packed)
        return
    import pyarrow as pa

    with pa.OSFile(str(file), "wb") as stream, pa.CompressedOutputStream(stream, "zstd") as packed:
        yield packed


@contextmanager
def _read(file: Path, form: Form) -> Iterator[IO[bytes]]:
    if form == "gz":
        import gzip

        with gzip.open(file) as packed:
            yield cast(IO[bytes], packed)
        return
    import pyarrow as pa

    with pa.input_stream(str(file), compression="zstd") as packed:
        yield packed
