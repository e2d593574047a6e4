from __future__ import annotations

import urllib.request
from collections.abc import Callable

import pytest

from mailhub.files.sealing.prepare import prepare
from mailhub.files.sealing.requests import CONTENT_TYPE
from mailhub.files.sealing.values import CannotSeal, Prepared, SealPlan
from mailhub.files.signed.trusted import TrustBundle
from tests.support.pdfs import letter
from tests.support.pki import Authority, Identity, Pki, pki  # noqa: F401
from tests.support.rendering import BETWEEN
from tests.support.signed_pdfs import png, seal_image, sign, signature_image

# 2026-04-05T15:30:00+07:00
AT = 1_775_377_800_000
Prepare = Callable[..., "tuple[Prepared, bytes] | CannotSeal"]


def answer_of(authority: Authority, der: bytes) -> bytes:
    """What a timestamp authority answers to a request, over HTTP."""
    request = urllib.request.Request(authority.tsa_url, data=der, headers={"Content-Type": CONTENT_TYPE})
    with urllib.request.urlopen(request, timeout=10) as response:
        return bytes(response.read())


@pytest.fixture(scope="session")
def leader(pki: Pki) -> Identity:  # noqa: F811
    return pki.official.identity("leader")


@pytest.fixture(scope="session")
def agency(pki: Pki) -> Identity:  # noqa: F811
    return pki.official.identity("agency")


@pytest.fixture(scope="session")
def trust(pki: Pki) -> TrustBundle:  # noqa: F811
    return pki.bundle()


@pytest.fixture(scope="session")
def signed(leader: Identity) -> bytes:
    """A letter with its leader's signature between post and name."""
    return sign(letter(), leader, field="LanhDao", box=BETWEEN, image=signature_image())


@pytest.fixture(scope="session")
def prepared(trust: TrustBundle, agency: Identity) -> Prepare:
    """`prepare` with the agency's seal; keywords are the plan's."""

    def prepared(pdf: bytes, **plan: object) -> tuple[Prepared, bytes] | CannotSeal:
        image = plan.pop("seal_png", png(seal_image()))
        assert isinstance(image, bytes)
        made = SealPlan(**{"signed_at": AT, **plan})  # type: ignore[arg-type]
        return prepare(memoryview(pdf), made, trust, seal_png=image, certificate=agency.certificate.dump())

    return prepared
