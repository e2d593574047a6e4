"""The table of required checks (reference/signatures § 4): each check × passed, failed, cannot be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mailhub.clock import DAY, HOUR, MINUTE
from mailhub.files.signed.facts import (
    ChainState,
    Changes,
    Coverage,
    Ess,
    Problem,
    RevocationAnswer,
    Status,
    Weakness,
)
from mailhub.signatures.context import DocumentWords, KnownSigner
from mailhub.signatures.verdict import (
    Caution,
    Reason,
    Subscriber,
    Verdict,
    Word,
)
from tests.signatures.made import (
    AGENCYS,
    DOCUMENT,
    GOOD,
    HEALTH,
    LEADERS,
    PUBLIC_ROOT,
    SEEN_AT,
    SIGNED_AT,
    SUB,
    TEST_ROOT,
    answer,
    chain,
    revoked,
    signature,
    stamp,
)

VALID, INVALID, UNKNOWN, UNTRUSTED = Verdict.VALID, Verdict.INVALID, Verdict.UNKNOWN, Verdict.UNTRUSTED
NO_STAMP = Caution.NO_TIMESTAMP


@dataclass(frozen=True, kw_only=True)
class Case:
    """One line of the table. `first` replaces parts of the leader's signature."""

    check: str
    verdict: Verdict
    reasons: tuple[Word, ...] = ()
    warnings: tuple[Caution, ...] = (NO_STAMP,)
    first: dict[str, Any] = field(default_factory=dict)
    answers: Sequence[RevocationAnswer] = GOOD
    given: dict[str, Any] = field(default_factory=dict)  # of the context
    file: dict[str, Any] = field(default_factory=dict)  # of Signed


def leaf(**changed: Any) -> dict[str, Any]:
    return {"chain": chain("Trần Thị Mẫu", "01" * 32, **changed)}


def stamped(**changed: Any) -> dict[str, Any]:
    return {"timestamp": stamp(**changed)}


OLD = answer(this_update=SIGNED_AT, next_update=SIGNED_AT + HOUR)
AGENCY_GOOD = answer(AGENCYS)
TSA_GOOD = answer(stamp())

STRUCTURE = [
    Case(check="1 passed", verdict=VALID),
    Case(check="1 passed: signatures followed", verdict=VALID, first={"changes": Changes.SIGNATURES}),
    Case(check="1 passed: covers its revision", verdict=VALID, first={"coverage": Coverage.REVISION}),
    *(
        Case(check=f"1 failed: {problem}", verdict=INVALID, reasons=(problem,), first={"problems": (problem,)})
        for problem in (Problem.BYTE_RANGE, Problem.WRAPPED, Problem.CHANGED_AFTER, Problem.NOT_LAST, Problem.LEVEL)
    ),
    Case(
        check="1 failed: changes that are forbidden, whatever the reader concluded",
        verdict=INVALID,
        reasons=(Problem.CHANGED_AFTER,),
        first={"changes": Changes.FORBIDDEN},
    ),
    Case(
        check="1 failed: covers a part only",
        verdict=INVALID,
        reasons=(Problem.BYTE_RANGE,),
        first={"coverage": Coverage.PART},
    ),
    Case(
        check="1 failed: the file as a whole",
        verdict=INVALID,
        reasons=(Problem.TRAILING,),
        file={"problems": (Problem.TRAILING,)},
    ),
    Case(
        check="1 cannot be done: what changed cannot be told",
        verdict=INVALID,
        reasons=(Problem.CHANGED_AFTER,),
        first={"changes": Changes.UNTOLD},
    ),
    *(
        Case(check=f"1 cannot be done: {problem}", verdict=INVALID, reasons=(problem,), first={"problems": (problem,)})
        for problem in (Problem.MALFORMED, Problem.UNSUPPORTED, Problem.EMPTY, Problem.TIME, Problem.CRASHED)
    ),
    Case(
        check="1 passed with a remark: a form was filled in",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.FORM_FILLED),
        first={"changes": Changes.FORMS},
    ),
]
CRYPTOGRAPHY = [
    Case(check="2 passed", verdict=VALID),
    Case(check="2 failed: digest", verdict=INVALID, reasons=(Problem.CHANGED,), first={"problems": (Problem.CHANGED,)}),
    Case(check="2 failed: value", verdict=INVALID, reasons=(Problem.FORGED,), first={"problems": (Problem.FORGED,)}),
    Case(
        check="2 cannot be done",
        verdict=INVALID,
        reasons=(Problem.MALFORMED,),
        first={"problems": (Problem.MALFORMED,)},
    ),
    Case(check="3 passed", verdict=VALID),
    Case(check="3 failed", verdict=INVALID, reasons=(Problem.OTHER_CERTIFICATE,), first={"ess": Ess.DIFFERS}),
    Case(
        check="3 cannot be done: absent",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.NO_ESS),
        first={"ess": Ess.ABSENT},
    ),
    Case(check="9 passed", verdict=VALID),
    Case(
        check="9 failed, by setting a warning",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.WEAK),
        first={"weaknesses": (Weakness.SHA1,)},
    ),
    Case(
        check="9 failed, by setting invalid",
        verdict=INVALID,
        reasons=(Problem.WEAK,),
        first={"weaknesses": (Weakness.SHORT_RSA,)},
        given={"weak": "invalid"},
    ),
    Case(
        check="9 failed: no proof at all, whatever the setting",
        verdict=INVALID,
        reasons=(Problem.WEAK,),
        first={"problems": (Problem.WEAK,)},
    ),
    Case(
        check="9 cannot be done: unknown algorithm",
        verdict=INVALID,
        reasons=(Problem.UNSUPPORTED,),
        first={"problems": (Problem.UNSUPPORTED,)},
    ),
]
PATH = [
    Case(check="4 passed", verdict=VALID),
    Case(
        check="4 failed: a constraint on the way",
        verdict=INVALID,
        reasons=(Reason.CHAIN_BROKEN,),
        first=leaf(state=ChainState.BROKEN),
    ),
    Case(
        check="4 failed: key usage",
        verdict=INVALID,
        reasons=(Reason.KEY_USAGE,),
        first=leaf(key_usage=("key_encipherment",)),
    ),
    Case(
        check="4 failed: a server's certificate",
        verdict=INVALID,
        reasons=(Reason.KEY_USAGE,),
        first=leaf(extended_key_usage=("server_auth",)),
    ),
    Case(check="4 passed: no key usage extension", verdict=VALID, first=leaf(key_usage=())),
    Case(
        check="4 cannot be done: ends elsewhere",
        verdict=UNTRUSTED,
        reasons=(Reason.UNTRUSTED,),
        first=leaf(state=ChainState.UNTRUSTED),
    ),
    Case(check="5 passed", verdict=VALID),
    Case(
        check="5 failed: expired when it signed",
        verdict=INVALID,
        reasons=(Reason.EXPIRED,),
        first=leaf(not_after=SIGNED_AT - 1),
    ),
    Case(
        check="5 failed: not yet valid",
        verdict=INVALID,
        reasons=(Reason.NOT_YET_VALID,),
        first=leaf(not_before=SIGNED_AT + 1),
    ),
    Case(
        check="5 failed: more than seven hours in the future",
        verdict=INVALID,
        reasons=(Reason.NOT_YET_VALID,),
        first={"claimed_at": SEEN_AT + 7 * HOUR + MINUTE},
    ),
    Case(
        check="5 passed with a remark: local time written as UTC",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.TIME_OFF),
        first={"claimed_at": SEEN_AT + 7 * HOUR},
    ),
    Case(check="5 cannot be done: no time told, so today's", verdict=VALID, first={"claimed_at": 0}),
    Case(
        check="5 cannot be done: no time told, and expired today",
        verdict=INVALID,
        reasons=(Reason.EXPIRED,),
        first={"claimed_at": 0, **leaf(not_after=SEEN_AT - 1)},
    ),
]
REVOCATION = [
    Case(check="6 passed", verdict=VALID),
    Case(
        check="6 failed: revoked before",
        verdict=INVALID,
        reasons=(Reason.REVOKED,),
        answers=(revoked(LEADERS, SIGNED_AT - DAY), AGENCY_GOOD),
    ),
    Case(
        check="6 failed: revoked before, though a newer answer calls it good",
        verdict=INVALID,
        reasons=(Reason.REVOKED,),
        answers=(revoked(LEADERS, SIGNED_AT - DAY, this_update=SIGNED_AT), *GOOD),
    ),
    Case(
        check="6 passed with a remark: revoked later",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.REVOKED_LATER),
        answers=(revoked(LEADERS, SIGNED_AT + DAY), AGENCY_GOOD),
    ),
    Case(
        check="6 cannot be done: key lost later, time not proven",
        verdict=UNKNOWN,
        reasons=(Reason.REVOKED_NO_PROOF,),
        answers=(revoked(LEADERS, SIGNED_AT + DAY, "key_compromise"), AGENCY_GOOD),
    ),
    Case(
        check="6 passed with a remark: key lost later, time proven",
        verdict=VALID,
        warnings=(Caution.REVOKED_LATER, NO_STAMP),
        first=stamped(),
        answers=(revoked(LEADERS, SIGNED_AT + DAY, "key_compromise"), AGENCY_GOOD, TSA_GOOD),
    ),
    Case(
        check="6 passed with a remark: key lost after our hub saw it",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.REVOKED_LATER),
        answers=(revoked(LEADERS, SEEN_AT + DAY, "key_compromise"), AGENCY_GOOD),
    ),
    Case(
        check="6 failed: on hold",
        verdict=INVALID,
        reasons=(Reason.REVOKED,),
        answers=(revoked(LEADERS, SIGNED_AT - DAY, "certificate_hold"), AGENCY_GOOD),
    ),
    Case(
        check="6 passed: the hold was lifted",
        verdict=VALID,
        answers=(revoked(LEADERS, SIGNED_AT - DAY, "certificate_hold", this_update=SIGNED_AT), *GOOD),
    ),
    Case(
        check="6 cannot be done: nobody answered",
        verdict=UNKNOWN,
        reasons=(Reason.REVOCATION_UNKNOWN,),
        answers=(AGENCY_GOOD,),
    ),
    Case(
        check="6 cannot be done: the authority does not know it",
        verdict=UNKNOWN,
        reasons=(Reason.REVOCATION_UNKNOWN,),
        answers=(answer(status=Status.UNKNOWN), AGENCY_GOOD),
    ),
    Case(
        check="6 cannot be done: an old answer and no timestamp",
        verdict=UNKNOWN,
        reasons=(Reason.REVOCATION_UNKNOWN,),
        first={"answers": (replace(OLD, embedded=True),)},
        answers=(AGENCY_GOOD,),
    ),
    Case(
        check="6 passed: the old answer and a timestamp (B-LT)",
        verdict=VALID,
        warnings=(NO_STAMP,),
        first={"answers": (replace(OLD, embedded=True),), **stamped()},
        answers=(AGENCY_GOOD, TSA_GOOD),
    ),
    Case(
        check="6 cannot be done: an answer about another certificate",
        verdict=UNKNOWN,
        reasons=(Reason.REVOCATION_UNKNOWN,),
        answers=(answer(serial="ff"), AGENCY_GOOD),
    ),
    Case(
        check="6 cannot be done: an answer of another issuer",
        verdict=UNKNOWN,
        reasons=(Reason.REVOCATION_UNKNOWN,),
        answers=(answer(issuer="99" * 32), AGENCY_GOOD),
    ),
    Case(
        check="6 cannot be done: it had expired before the answer",
        verdict=UNKNOWN,
        reasons=(Reason.REVOCATION_UNKNOWN,),
        first=leaf(not_after=SIGNED_AT + DAY),
    ),
    Case(
        check="6 passed: no nextUpdate, within the setting",
        verdict=VALID,
        answers=(answer(this_update=SEEN_AT - DAY, next_update=0), AGENCY_GOOD),
    ),
    Case(
        check="6 cannot be done: no nextUpdate, older than the setting",
        verdict=UNKNOWN,
        reasons=(Reason.REVOCATION_UNKNOWN,),
        answers=(answer(this_update=SEEN_AT - DAY, next_update=0), AGENCY_GOOD),
        given={"max_age": HOUR},
    ),
    Case(
        check="6 cannot be done: nobody spoke of an authority that only the file brought",
        verdict=UNKNOWN,
        reasons=(Reason.REVOCATION_UNKNOWN,),
        first={
            "chain": replace(
                LEADERS.chain,
                certificates=(
                    LEADERS.chain.certificates[0],
                    replace(LEADERS.chain.certificates[1], pinned=""),
                    LEADERS.chain.certificates[2],
                ),
            )
        },
    ),
    Case(
        check="6 failed: the issuing authority was revoked",
        verdict=INVALID,
        reasons=(Reason.REVOKED,),
        answers=(
            *GOOD,
            replace(
                revoked(LEADERS, SIGNED_AT - DAY, "ca_compromise"),
                issuer=LEADERS.chain.certificates[2].sha256,
                serial=SUB[:8],
            ),
        ),
    ),
]
BOTH_STAMPED = (replace(LEADERS, timestamp=stamp()), replace(AGENCYS, timestamp=stamp()))
TIMESTAMP = [
    Case(check="7 passed", verdict=VALID, warnings=(), file={"signatures": BOTH_STAMPED}),
    Case(
        check="7 failed: the imprint",
        verdict=VALID,
        warnings=(Caution.TIMESTAMP_NOT_BELIEVED, NO_STAMP),
        first=stamped(valid=False),
    ),
    Case(
        check="7 failed: its authority is not trusted",
        verdict=VALID,
        warnings=(Caution.TIMESTAMP_NOT_BELIEVED, NO_STAMP),
        first=stamped(chain=replace(stamp().chain, state=ChainState.UNTRUSTED)),
    ),
    Case(
        check="7 failed: its authority was revoked before",
        verdict=VALID,
        warnings=(Caution.TIMESTAMP_NOT_BELIEVED, NO_STAMP),
        first=stamped(),
        answers=(
            answer(),
            AGENCY_GOOD,
            replace(TSA_GOOD, status=Status.REVOKED, revoked_at=SIGNED_AT - 1, reason="superseded"),
        ),
    ),
    Case(
        check="7 failed: its authority lost the key later (RFC 3161 § 4)",
        verdict=VALID,
        warnings=(Caution.TIMESTAMP_NOT_BELIEVED, NO_STAMP),
        first=stamped(),
        answers=(
            answer(),
            AGENCY_GOOD,
            replace(TSA_GOOD, status=Status.REVOKED, revoked_at=SIGNED_AT + DAY, reason="key_compromise"),
        ),
    ),
    Case(
        check="7 passed: its authority ended later, in peace",
        verdict=VALID,
        first=stamped(),
        answers=(
            answer(),
            AGENCY_GOOD,
            replace(TSA_GOOD, status=Status.REVOKED, revoked_at=SIGNED_AT + DAY, reason="superseded"),
        ),
    ),
    Case(
        check="7 failed: a moment that has not come yet",
        verdict=VALID,
        warnings=(Caution.TIMESTAMP_NOT_BELIEVED, NO_STAMP),
        first=stamped(at=SEEN_AT + HOUR),
    ),
    Case(check="7 cannot be done: none", verdict=VALID),
    Case(
        check="7 cannot be done: put on only after the certificate had ended",
        verdict=UNKNOWN,
        reasons=(Reason.REVOCATION_UNKNOWN,),
        first={**stamped(at=SIGNED_AT + DAY), **leaf(not_after=SIGNED_AT + HOUR)},
    ),
    Case(
        check="7 cannot be done: its authority's status",
        verdict=VALID,
        warnings=(Caution.TSA_REVOCATION_UNKNOWN, NO_STAMP),
        first=stamped(),
        answers=(answer(), AGENCY_GOOD),
    ),
    Case(
        check="7 passed, expired by claim: the proven time counts",
        verdict=VALID,
        warnings=(Caution.TIME_OFF, NO_STAMP),
        first={"claimed_at": SIGNED_AT - 400 * DAY, **stamped()},
    ),
]
PUBLIC = signature(HEALTH, "02" * 32, root=PUBLIC_ROOT)
POLICY = [
    Case(check="8 passed", verdict=VALID),
    Case(
        check="8 failed: the leader's signature alone",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.NO_AGENCY),
        file={"signatures": (LEADERS,)},
    ),
    Case(
        check="8 failed: the agency's signature alone",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.NO_PERSON),
        file={"signatures": (AGENCYS,)},
    ),
    Case(
        check="8 passed: the agency's alone on a copy or an annex",
        verdict=VALID,
        file={"signatures": (AGENCYS,)},
        given={"document": replace(DOCUMENT, agency_only=True)},
    ),
    Case(
        check="8 passed: a firm needs neither",
        verdict=VALID,
        file={"signatures": (LEADERS,)},
        given={"document": DocumentWords(issuer="CÔNG TY TNHH X")},
    ),
    Case(
        check="8 failed: the agency first",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.WRONG_ORDER),
        file={"signatures": (AGENCYS, LEADERS)},
    ),
    Case(
        check="8 failed: another agency",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.OTHER_AGENCY),
        given={"document": replace(DOCUMENT, issuer="SỞ NỘI VỤ")},
    ),
    Case(
        check="8 failed: the same office of another province",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.OTHER_AGENCY),
        given={"document": replace(DOCUMENT, parent="ỦY BAN NHÂN DÂN TỈNH KHÁC")},
    ),
    Case(
        check="8 passed: the old name on the certificate, known by its address",
        verdict=VALID,
        given={
            "document": replace(DOCUMENT, issuer="SỞ Y TẾ VÀ DÂN SỐ", agencies=("syt",)),
            "signers": {"02" * 32: KnownSigner(agency="syt", line=("syt", "tinh"))},
        },
    ),
    Case(
        check="8 failed: a public authority on a state document",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.PUBLIC_CA),
        file={"signatures": (LEADERS, PUBLIC)},
        answers=(answer(), answer(PUBLIC)),
    ),
    Case(
        check="8 failed: another agency of ours sends it, and the document names nobody",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.OTHER_SENDER),
        given={
            "document": replace(DOCUMENT, issuer=""),
            "signers": {"02" * 32: KnownSigner(agency="syt", line=("syt", "tinh"))},
            "sender_agencies": ("snv", "tinh"),
        },
    ),
    Case(
        check="8 cannot be done: person or agency is not clear",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.SUBSCRIBER_UNKNOWN, Caution.NO_PERSON),
        given={"signers": {"01" * 32: KnownSigner(subscriber=Subscriber.UNKNOWN)}},
    ),
    Case(check="8 cannot be done: no document was recognised", verdict=VALID, given={"document": None}),
    Case(
        check="a test root is said, always",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.TEST_CA),
        file={"signatures": (signature(root=TEST_ROOT), signature(HEALTH, "02" * 32, root=TEST_ROOT))},
    ),
    Case(check="10 passed", verdict=VALID, first={"shown": "87/SYT-VP"}),
    Case(check="10 passed: the number alone", verdict=VALID, first={"shown": "Số: 87"}),
    Case(check="10 passed: zeros, blanks and a date beside", verdict=VALID, first={"shown": "087/SYT-VP; 05/4/2026"}),
    Case(
        check="10 failed",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.NUMBER_DIFFERS),
        first={"shown": "88/SYT-VP; 05/4/2026 15:30:00 +07:00"},
    ),
    Case(
        check="10 failed: an annex in a file of its own that does not show the number",
        verdict=VALID,
        warnings=(NO_STAMP, Caution.ANNEX_TEXT),
        given={"document": replace(DOCUMENT, agency_only=True, annex=True)},
    ),
    Case(
        check="10 passed: an annex that does",
        verdict=VALID,
        first={"shown": "87/SYT-VP; 05/4/2026 15:30:00 +07:00"},
        given={"document": replace(DOCUMENT, agency_only=True, annex=True)},
    ),
    Case(check="10 cannot be done: no text", verdict=VALID, first={"shown": "Ký bởi: Trần Thị Mẫu 05/4/2026"}),
]
CASES = [*STRUCTURE, *CRYPTOGRAPHY, *PATH, *REVOCATION, *TIMESTAMP, *POLICY]
