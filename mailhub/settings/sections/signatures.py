"""How signatures are verified: whom we ask, how fresh an answer has to be."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import about, as_tuple

_ED25519_OCTETS = 32


def _proxy(text: str) -> str:
    if not text:
        return text
    try:
        parts = urlsplit(text)
        if parts.scheme == "http" and parts.hostname and parts.port and parts.path in ("", "/") and not parts.query:
            return text
    except ValueError:
        pass
    raise ValueError('must be "http://host:port", or "" for none')


def _public_key(text: str) -> str:
    try:
        if len(base64.b64decode(text, validate=True)) == _ED25519_OCTETS:
            return text
    except binascii.Error:
        pass
    raise ValueError("must be a public key as `mailhub revocation key` prints it")


Proxy = Annotated[str, AfterValidator(_proxy)]
PublicKey = Annotated[str, AfterValidator(_public_key)]
PublicKeys = Annotated[tuple[PublicKey, ...], BeforeValidator(as_tuple)]


class SignaturesSection(Section):
    """How signatures are verified. / Kiểm tra chữ ký số."""

    online: bool = Field(
        default=True,
        description="Whether certificate authorities are asked over the network, at the addresses of the trust data "
        "only. In a closed network false: then a mirror's bundles are brought in (`mailhub revocation import`).",
        json_schema_extra=about(),
    )
    proxy: Proxy = Field(
        default="",
        examples=["http://10.0.0.7:3128"],
        description='The HTTP proxy to the authorities, "http://host:port"; empty for none.',
        json_schema_extra=about(secret=True),
    )
    ocsp_seconds: Annotated[float, Field(ge=0, le=10)] = Field(
        default=2,
        description="Seconds that an incoming message with signatures waits for the authorities' answers; without them "
        "its verdict is UNKNOWN and is asked again later. 0: they are asked later only.",
        json_schema_extra=about("seconds", zero="asked later only"),
    )
    max_age_hours: Annotated[int, Field(ge=1, le=720)] = Field(
        default=24,
        description="Hours for which an answer counts that does not say itself until when it does.",
        json_schema_extra=about("hours"),
    )
    crl_hours: Annotated[int, Field(ge=1, le=168)] = Field(
        default=6,
        description="Hours after which a list of revoked certificates is fetched anew.",
        json_schema_extra=about("hours"),
    )
    crl_mib: Annotated[int, Field(ge=1, le=64)] = Field(
        default=32,
        description="MiB that such a list may have.",
        json_schema_extra=about("MiB"),
    )
    mirror_keys: PublicKeys = Field(
        default=(),
        description="Public keys of the mirrors whose bundles of revocation data may be brought in "
        "(`mailhub revocation key` on the host that makes them).",
        json_schema_extra=about(),
    )
    mirror_days: Annotated[int, Field(ge=1, le=90)] = Field(
        default=7,
        description="Days after which such a bundle is too old to be brought in.",
        json_schema_extra=about("days"),
    )
    weak: Literal["warn", "invalid"] = Field(
        default="warn",
        description="What signatures with SHA-1 or an RSA key below 2048 bits are: valid with a warning, or invalid.",
        json_schema_extra=about(),
    )
    again_days: Annotated[int, Field(ge=0, le=90)] = Field(
        default=14,
        description="Days for which a signature whose revocation could not be asked is asked about again. 0: never.",
        json_schema_extra=about("days", zero="never"),
    )
