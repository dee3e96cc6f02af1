"""Checked kinds of fields in a manifest: names, versions, digests, languages, offices, licences."""

from __future__ import annotations

import re
from typing import Annotated

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from wild_aieval.errors import nearest
from wild_aieval.standards import languages, offices

UNKNOWN = "unknown"


class Strict(BaseModel):
    """Unknown keys are errors; values cannot be changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _language(tag: str) -> str:
    if not languages.is_language_tag(tag):
        raise ValueError(f"'{tag}' is not a language tag of BCP 47 such as 'en' or 'pt-BR'")
    return tag


def _office(code: str) -> str:
    if code not in offices.ST3_CODES:
        raise ValueError(f"'{code}' is not an office code of WIPO ST.3. {nearest(code, offices.ST3_CODES)}")
    return code


def _commit(revision: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{7,64}", revision):
        raise ValueError(f"'{revision}' is not a commit hash such as '0123abc'; branches and tags can move")
    return revision


def _folder_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise ValueError(f"'{name}' is not a name of lower-case letters, digits, '.', '_' and '-', such as 'us-grants'")
    return name


def _version(version: str) -> str:
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ValueError(f"'{version}' is not a version of three numbers such as '1.0.0'")
    return version


def _sha256(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError(f"'{value}' is not a SHA-256 of 64 hexadecimal digits in lower case, as sha256sum prints it")
    return value


def _licence(expression: str) -> str:
    if expression.strip().lower() == UNKNOWN:
        return UNKNOWN
    try:
        return str(canonicalize_license_expression(expression))
    except InvalidLicenseExpression:
        raise ValueError(
            f"'{expression}' is not an SPDX expression such as 'CC-BY-4.0' or 'CC0-1.0 OR MIT'; write "
            f"'LicenseRef-NAME' for a licence that has no SPDX name, with the words under terms_of_use, or '{UNKNOWN}'"
        ) from None


def _variable(name: str) -> str:
    """Only variables that are made for this: a manifest of somebody else must not read HOME or the like."""
    if not re.fullmatch(r"WILD_AIEVAL_DATA_[A-Z0-9_]+", name):
        raise ValueError(
            f"'{name}' is not the name of an environment variable for data, such as 'WILD_AIEVAL_DATA_CLEF_IP'"
        )
    return name


def _inner(path: str) -> str:
    if path.startswith("/") or "\\" in path or ".." in path.split("/"):
        raise ValueError(f"'{path}' is not a folder inside the data set, such as 'data/en-fr'")
    return path


def _file(name: str) -> str:
    if not name.isprintable():
        raise ValueError("the name of a file holds a control character")
    return name


Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, AfterValidator(_folder_name)]
Version = Annotated[str, AfterValidator(_version)]
Sha256 = Annotated[str, AfterValidator(_sha256)]
Commit = Annotated[str, AfterValidator(_commit)]
Language = Annotated[str, AfterValidator(_language)]
Office = Annotated[str, AfterValidator(_office)]
Licence = Annotated[str, Field(min_length=1), AfterValidator(_licence)]
Variable = Annotated[str, AfterValidator(_variable)]
FileName = Annotated[str, AfterValidator(_file)]
InnerPath = Annotated[str, Field(min_length=1), AfterValidator(_inner)]
