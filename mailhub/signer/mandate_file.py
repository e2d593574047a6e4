"""mandates.toml as it is written: every key checked, every problem named with its line."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from mailhub.documents.grammar.types import HEADINGS
from mailhub.settings.scan import key_lines
from mailhub.settings.sections.base import Section
from mailhub.settings.values import OneLine, as_tuple
from mailhub.signer.errors import MandateError
from mailhub.text.fingerprints import read_fingerprint

ANY = "*"
LARGEST_LIMIT = 100_000
# In which words pydantic's findings are told.
_WORDS = {
    "missing": "is missing",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list in brackets",
    "model_type": "must be a table",
    "dict_type": "must be a table",
}


def _fingerprint(text: str) -> str:
    sha256 = read_fingerprint(text)
    if sha256 is None:
        raise ValueError("must be the SHA-256 of a certificate, 64 hexadecimal digits")
    return sha256


def _type(text: str) -> str:
    if text != ANY and text not in HEADINGS:
        near = difflib.get_close_matches(text.upper(), HEADINGS, n=1, cutoff=0.4)
        raise ValueError(f"is no type of document{f': did you mean {near[0]}?' if near else ''}")
    return text


def _desk(text: str) -> str:
    plain = text.strip().lower()
    if plain.count("@") != 1:
        raise ValueError("must be the address of a desk")
    return plain


Texts = Annotated[tuple[OneLine, ...], BeforeValidator(as_tuple), Field(min_length=1)]


class KeyTable(Section):
    """`[agencies.CODE.key]`: a PKCS#12 file, or a key in a token (PKCS#11)."""

    pkcs12: OneLine = ""
    module: OneLine = ""  # the token's library, absolute
    token: OneLine = ""  # its label
    label: OneLine = ""  # of the private key
    certificate: OneLine = ""  # a file, when the token holds none
    pin: OneLine  # the file that holds it: a line, 0600

    @model_validator(mode="after")
    def _one_of_both(self) -> KeyTable:
        in_token = (self.module, self.token, self.label)
        if bool(self.pkcs12) == any(in_token):
            raise ValueError("needs pkcs12, or module, token and label, and not both")
        if not self.pkcs12 and not all(in_token):
            raise ValueError("needs module, token and label, all three")
        if self.module and not self.module.startswith("/"):
            raise ValueError("module must be an absolute path")
        return self


class SealTable(Section):
    """`[agencies.CODE.seal]`: the image of the seal at real size (Nghị định 30/2020/NĐ-CP PL I phần I mục II.8)."""

    image: OneLine  # PNG, transparent background
    diameter_mm: Annotated[float, Field(ge=10, le=80, strict=False)] = 36.0


class AgencyTable(Section):
    """`[agencies.CODE]`: what may be signed for this agency."""

    key: KeyTable
    seal: SealTable
    desks: Annotated[tuple[Annotated[str, AfterValidator(_desk)], ...], BeforeValidator(as_tuple), Field(min_length=1)]
    types: Annotated[tuple[Annotated[str, AfterValidator(_type)], ...], BeforeValidator(as_tuple), Field(min_length=1)]
    posts: Texts
    limit_a_day: Annotated[int, Field(ge=1, le=LARGEST_LIMIT)]
    attachments: bool = True
    signers: Annotated[tuple[Annotated[str, AfterValidator(_fingerprint)], ...], BeforeValidator(as_tuple)] = ()
    issuers: Annotated[tuple[OneLine, ...], BeforeValidator(as_tuple)] = ()


class MandateFile(Section):
    """The whole file. `trust`: certificates of the authorities whose word on a person's signature counts."""

    trust: Texts
    agencies: Annotated[dict[OneLine, AgencyTable], Field(min_length=1)]


def read_mandate_file(raw: bytes, name: str) -> MandateFile:
    """What `raw` says.

    Raises:
        MandateError: it is not TOML, or says something that cannot be; every problem with its line.
    """
    try:
        text = raw.decode("utf-8-sig")
        data = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MandateError([f"{name}:{line}: is not UTF-8"]) from error
    except tomllib.TOMLDecodeError as error:
        raise MandateError([f"{name}: is not TOML: {error}"]) from error
    lines = key_lines(text.replace("\r\n", "\n"))
    try:
        return MandateFile.model_validate(data)
    except ValidationError as error:
        raise MandateError([_told(name, detail, lines) for detail in error.errors(include_url=False)]) from error


def _told(name: str, detail: ErrorDetails, lines: Mapping[tuple[str | int, ...], int]) -> str:
    location = detail["loc"]
    line = next((lines[location[:end]] for end in range(len(location), 0, -1) if location[:end] in lines), None)
    kind = detail["type"]
    if kind == "extra_forbidden":
        said = "is not known here"
    elif kind == "value_error":
        said = str(detail["ctx"]["error"])
    else:
        said = _WORDS.get(kind, detail["msg"][:1].lower() + detail["msg"][1:])
    return f"{name}{f':{line}' if line else ''}: {'.'.join(map(str, location))}: {said}"
