"""A timestamp is put into a signature of ours, once the authority's answer has been checked (RFC 3161). In the sandbox.

The token becomes an unsigned attribute of the one SignerInfo (Appendix A); nothing else of the CMS changes, so that the
signature stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asn1crypto import cms, core, tsp

from mailhub.files.reader import TrustSource
from mailhub.files.sealing.values import Stamped, StampPlan, StampProblem
from mailhub.files.signed.crypto import digest_of
from mailhub.files.signed.facts import ChainState, TimestampFacts
from mailhub.files.signed.timestamps import read_token
from mailhub.files.signed.trusted import TrustBundle

_ATTRIBUTE = "signature_time_stamp_token"
_GRANTED = ("granted", "granted_with_mods")


class _Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp; asn1crypto's own knows no answer without a token, which is how an authority says no."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]  # noqa: RUF012


@dataclass(slots=True)
class _Not(Exception):
    """No timestamp, and why."""

    problem: StampProblem
    detail: str = ""


def put_timestamp(signature: bytes, answer: bytes, plan: StampPlan, trust: TrustBundle) -> tuple[Stamped, bytes]:
    """`signature` with the token of `answer` as an unsigned attribute; without octets when there is a problem. Raises
    nothing but MemoryError."""
    try:
        content, info = _signer_info(signature)
        token = _token(answer, plan.nonce)
        facts = _checked(token, info["signature"].native, trust)
        made = _with(content, info, token)
        if len(made) > plan.most_bytes:
            raise _Not(StampProblem.TOO_LARGE, f"{len(made)} octets")
        return Stamped(at=facts.at, chain=facts.chain), made
    except _Not as problem:
        return Stamped(problem=problem.problem, detail=problem.detail[:300]), b""
    except MemoryError:
        raise
    except Exception as error:  # of parsers, at a stranger's octets
        return Stamped(problem=StampProblem.MALFORMED, detail=type(error).__name__), b""


def _signer_info(signature: bytes) -> tuple[cms.ContentInfo, cms.SignerInfo]:
    try:
        content = cms.ContentInfo.load(signature, strict=True)
        infos = content["content"]["signer_infos"]
    except (ValueError, TypeError, KeyError) as error:
        raise _Not(StampProblem.CMS, type(error).__name__) from error
    if len(infos) != 1 or len(infos[0]["unsigned_attrs"]):
        raise _Not(StampProblem.CMS, "not one signature without a timestamp")
    return content, infos[0]


def _token(answer: bytes, nonce: str) -> cms.ContentInfo:
    """The token in the answer, with the nonce that was sent (RFC 3161 § 2.4.2)."""
    response = _Response.load(answer, strict=True)
    status = response["status"]
    if status["status"].native not in _GRANTED:
        raise _Not(StampProblem.REFUSED, f"{status['status'].native}, {status['fail_info'].native}")
    token = response["time_stamp_token"]
    if not isinstance(token, cms.ContentInfo) or token["content_type"].native != "signed_data":
        raise _Not(StampProblem.MALFORMED, "no token")
    info = token["content"]["encap_content_info"]["content"].parsed
    if not isinstance(info, tsp.TSTInfo):
        raise _Not(StampProblem.MALFORMED, "no TSTInfo")
    if info["nonce"].native != int(nonce, 16):
        raise _Not(StampProblem.OTHER_NONCE)
    return token


def _checked(token: cms.ContentInfo, value: bytes, trust: TrustBundle) -> TimestampFacts:
    """What any reader will find in it; a timestamp that nobody believes is not worth its room."""
    info = token["content"]["encap_content_info"]["content"].parsed
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256" or (
        imprint["hashed_message"].native != digest_of(value, "sha256")
    ):
        raise _Not(StampProblem.OTHER_IMPRINT)
    facts = read_token(token.dump(), lambda name: digest_of(value, name), trust).facts
    if not facts.valid:
        raise _Not(StampProblem.NOT_VALID, facts.problem)
    if facts.chain.state is not ChainState.TRUSTED:
        raise _Not(StampProblem.UNTRUSTED, facts.chain.problem)
    return facts


def _with(content: cms.ContentInfo, info: cms.SignerInfo, token: cms.ContentInfo) -> bytes:
    signed_before = info["signed_attrs"].dump()
    info["unsigned_attrs"] = cms.CMSAttributes([cms.CMSAttribute({"type": _ATTRIBUTE, "values": [token]})])
    made: bytes = content.dump(force=True)
    kept = cms.ContentInfo.load(made)["content"]["signer_infos"][0]
    if kept["signed_attrs"].dump() != signed_before:  # written anew, the signed octets would no longer be the same
        raise _Not(StampProblem.CMS, "not DER")
    return made


def work(argument: StampPlan, octets: Sequence[memoryview], trust: TrustSource) -> Iterator[object]:
    """Octets: the CMS; the authority's answer. Answers one Stamped, and the octets of the CMS with the timestamp."""
    signature, answer = octets
    stamped, made = put_timestamp(bytes(signature), bytes(answer), argument, trust())
    yield stamped
    if made:
        yield made
