"""Preparing and stamping as they are asked for: by a client, of a child behind the wall."""

from __future__ import annotations

from mailhub.files.sealing.requests import request_for
from mailhub.files.sealing.values import CannotReason, SealOutcome, SealPlan, Stamped, StampPlan
from mailhub.files.signed.trusted import TrustBundle
from mailhub.sandbox.jail import Jail
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.works import PREPARE, STAMP
from tests.files.sealing.conftest import AT, answer_of
from tests.support.inspector import needs_sandbox
from tests.support.pdfs import letter
from tests.support.pki import Identity, Pki
from tests.support.rendering import filled, pdfsig, signature_over
from tests.support.signed_pdfs import png, seal_image


async def test_a_child_prepares_and_stamps(pki: Pki, trust: TrustBundle, signed: bytes, agency: Identity) -> None:
    needs_sandbox()
    given = [signed, png(seal_image()), agency.certificate.dump()]
    with LocalPool(Jail()) as inspector:
        done = await inspector.work(PREPARE, SealPlan(signed_at=AT), given, SealOutcome, timeout=20, trust=trust)
        (outcome,) = done.answers
        assert outcome.prepared is not None, outcome
        assert outcome.prepared.signed is not None
        assert pdfsig(filled(signed, outcome.prepared, done.octets, agency)) == ["Signature is Valid."] * 2

        given[0] = letter()
        refused = await inspector.work(PREPARE, SealPlan(signed_at=AT), given, SealOutcome, timeout=20, trust=trust)
        assert refused.answers[0].cannot is not None
        assert refused.answers[0].cannot.reason is CannotReason.NO_PERSON
        assert not refused.octets

        signature = signature_over(bytes(32), agency)
        asked = request_for(signature)
        answer = answer_of(pki.official, asked.der)
        stamp = await inspector.work(
            STAMP, StampPlan(nonce=asked.nonce), [signature, answer], Stamped, timeout=20, trust=trust
        )
        assert stamp.answers[0].problem is None
        assert len(stamp.octets) > len(signature)
