"""Tar archives of somebody else: headers that would be read into memory whole are refused while they are small."""

from __future__ import annotations

import tarfile
from typing import Any

MOST = 1 << 20  # bytes of a long name, or of the records of one PAX header
_READ_WHOLE = frozenset(
    {
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    }
)


class BoundedHeader(tarfile.TarInfo):
    """For ``tarfile.open(…, tarinfo=BoundedHeader)``: ReadError for long names without end and maps of sparse files."""

    def _proc_member(self, archive: Any) -> Any:
        if self.type == tarfile.GNUTYPE_SPARSE or (self.type in _READ_WHOLE and self.size > MOST):
            raise tarfile.ReadError(f"a header of kind {self.type!r} and {self.size:,} bytes is not read")
        return super()._proc_member(archive)  # type: ignore[misc]
