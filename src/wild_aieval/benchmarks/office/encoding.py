"""From the bytes of a record to text: byte order mark, else XML declaration, else UTF-8."""

from __future__ import annotations

import codecs

from wild_aieval.benchmarks.office.prolog import ENCODING
from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.office.report import RecordError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Codecs of Python that are no encodings of documents: some take time without bound, some hide what stands there.
_NO_ENCODINGS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"})


def encoding_of(content: bytes) -> str:
    """The name of the encoding."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    if content.startswith((b"<\0", b"\0<")):
        return "utf-16-le" if content.startswith(b"<\0") else "utf-16-be"
    declared = ENCODING.match(content.lstrip()[:400])
    return declared.group(1).decode("ascii").lower() if declared else "utf-8"


def decoded(content: bytes, origin: Origin) -> str:
    """The record as text, without a byte order mark.

    Raises:
        RecordError: where the bytes are not of the encoding that they name, or it is not known.
    """
    name = encoding_of(content)
    try:
        if codecs.lookup(name).name in _NO_ENCODINGS:
            raise LookupError
        return content.decode(name).removeprefix("\ufeff")
    except LookupError:
        raise RecordError(origin, "unknown encoding", f"names the encoding '{name}', which is not read here") from None
    except UnicodeDecodeError as error:
        detail = (
            f"is not {name}: byte {content[error.start : error.start + 1].hex()} at {origin.offset + error.start:,}; "
            "convert it, or name its encoding in an XML declaration"
        )
        raise RecordError(origin, "wrong encoding", detail) from None
