"""Signatures: have people compared the fingerprints that we believe, and do we hear what is revoked?"""

from __future__ import annotations

from collections.abc import Sequence

from mailhub.clock import DAY, HOUR, local_time, now_ms
from mailhub.files.signed.trusted import Part
from mailhub.ops.findings import Check, Ground, Verdict, broken, joined, look, ok
from mailhub.signatures.revocation import sources
from mailhub.signatures.revocation.service import Freshness, freshness
from mailhub.signatures.trust import rows
from mailhub.signatures.trust.certificate_files import read_certificates
from mailhub.signatures.trust.rows import TrustRow
from mailhub.store.errors import StoreUnavailable

SHOWN = 4
SOON_DAYS = 60
DEAD_AFTER = 3  # failures in a row
STALE_MS = 2 * DAY  # of a list that does not say until when it counts


def trust_checks(_ground: Ground) -> list[Check]:
    """Fingerprints, certificates that end, lists, addresses."""
    return [
        Check("trust.confirmed", "Chứng thư gốc tin cậy", check_confirmed),
        Check("trust.ends", "Thời hạn chứng thư gốc", check_ends),
        Check("trust.lists", "Danh sách thu hồi", check_lists),
        Check("trust.sources", "Máy chủ trả lời thu hồi", check_sources),
    ]


def check_confirmed(ground: Ground) -> Verdict:
    """Two people compared every fingerprint with what the authority publishes; what is pinned is there."""
    try:
        live = _live(ground)
    except StoreUnavailable as error:
        return broken(str(error))
    if not any(row.pinned.part is Part.ROOT and not row.waits for row in live):
        advice = "mailhub trust add TỆP --part root …: khi chưa có, mọi chữ ký số đều “chưa đủ tin cậy”"
        return look("chưa có chứng thư gốc nào", advice)
    verdicts = []
    if waiting := [row for row in live if row.waits]:
        what = f"{len(waiting)} chứng thư mới có vân tay, chưa có tệp: {_names(waiting)}"
        verdicts.append(look(what, "tải từ tổ chức chứng thực, rồi mailhub trust add TỆP --reason …"))
    if unsure := [row for row in live if row.confirmed_at is None and not row.waits]:
        what = f"{len(unsure)} chứng thư chưa được hai người đối chiếu vân tay: {_names(unsure)}"
        advice = "đối chiếu với công bố của tổ chức chứng thực, rồi mailhub trust confirm VÂN-TAY… --reason …"
        verdicts.append(look(what, advice))
    return joined(verdicts) if verdicts else ok(f"{len(live)} chứng thư, đã đối chiếu")


def check_ends(ground: Ground) -> Verdict:
    """No pinned certificate ends unnoticed."""
    try:
        live = [row for row in _live(ground) if not row.waits]
    except StoreUnavailable as error:
        return broken(str(error))
    soon, at = [], now_ms()
    for row in live:
        end = read_certificates(row.pinned.der)[0].not_after
        if end < at + SOON_DAYS * DAY:
            soon.append(f"{_name(row)} đến {local_time(end):%d/%m/%Y}")
    if not soon:
        return ok(f"không có chứng thư nào hết hạn trong {SOON_DAYS} ngày tới")
    return look("; ".join(soon[:SHOWN]), "thêm chứng thư mới của tổ chức chứng thực: mailhub trust add TỆP …")


def check_lists(ground: Ground) -> Verdict:
    """The lists of revoked certificates are there and in force."""
    try:
        with ground.database.read() as connection:
            every = [one for one in freshness(connection) if one.crl or one.this_update]
    except StoreUnavailable as error:
        return broken(str(error))
    at = now_ms()
    stale = [one for one in every if _until(one) < at]
    if not stale:
        return ok(f"{len(every)} danh sách, còn hiệu lực" if every else "không có danh sách nào phải cập nhật")
    named = "; ".join(f"{_plain(one.subject)}: {_age(one)}" for one in stale[:SHOWN])
    closed = "mang gói từ máy có mạng vào: mailhub revocation import TỆP"
    advice = "mailhub revocation fetch; xem mailhub revocation list" if ground.settings.signatures.online else closed
    return look(f"chữ ký số có thể “chưa xác minh được”: {named}", advice)


def check_sources(ground: Ground) -> Verdict:
    """The addresses that are asked answer."""
    if not ground.settings.signatures.online:
        return ok("mạng kín: không hỏi máy chủ nào ([signatures] online = false)")
    try:
        with ground.database.read() as connection:
            every = [one for one in sources.every(connection) if not one.url.startswith("mirror:")]
    except StoreUnavailable as error:
        return broken(str(error))
    dead = [one for one in every if one.failures >= DEAD_AFTER]
    if not dead:
        return ok(f"{len(every)} địa chỉ" if every else "chưa hỏi địa chỉ nào")
    named = "; ".join(f"{one.url} ({one.problem}, {one.failures} lần)" for one in dead[:SHOWN])
    advice = "kiểm tra đường mạng, [signatures] proxy; đổi địa chỉ: mailhub trust address VÂN-TAY …"
    return look(f"không trả lời: {named}", advice)


def _live(ground: Ground) -> Sequence[TrustRow]:
    with ground.database.read() as connection:
        return [row for row in rows.every(connection) if row.in_force]


def _until(one: Freshness) -> int:
    if not one.this_update:
        return 0
    # A list is renewed before it ends: an hour over is a source that fell silent.
    return one.next_update + HOUR if one.next_update else one.this_update + STALE_MS


def _age(one: Freshness) -> str:
    if not one.this_update:
        return "chưa có"
    return f"lập ngày {local_time(one.this_update):%d/%m/%Y}, đã hết hiệu lực"


def _names(some: Sequence[TrustRow]) -> str:
    named = ", ".join(f"{_name(row)} ({row.pinned.sha256[:16]})" for row in some[:SHOWN])
    return named + (f" và {len(some) - SHOWN} chứng thư khác" if len(some) > SHOWN else "")


def _name(row: TrustRow) -> str:
    return _plain(row.pinned.subject)


def _plain(subject: str) -> str:
    """The most particular part of a name."""
    return next((part for part in subject.split(",") if part.startswith("CN=")), subject).removeprefix("CN=")
