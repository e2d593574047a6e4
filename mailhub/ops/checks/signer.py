"""Can the agencies' signatures be put on, and for how long yet?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from mailhub.clock import DAY, local_time, now_ms
from mailhub.ops.findings import Check, Ground, Verdict, broken, joined, look, ok
from mailhub.sealing.acts import SEALED
from mailhub.sealing.holding import why_words
from mailhub.sealing.reasons import Refused
from mailhub.sealing.switching import SealingDesk, list_desks
from mailhub.signatures.models import DeskSeal, SealAct
from mailhub.signer.client import SOCKET, SignerClient
from mailhub.signer.orders import KeyStatus, SealRefused, SignerStatus

SOON_DAYS = 60
_START = "systemctl status mailhub-signer (hoặc mailhub serve DIR); mailhub signer check"


def signer_checks(_ground: Ground) -> list[Check]:
    """One line: the process, its keys, its certificates."""
    return [Check("signer", "Ký số của cơ quan", check_signer)]


def check_signer(ground: Ground) -> Verdict:
    """The signer answers, every key can be used, no certificate ends soon."""
    settings = ground.settings
    if not (settings.run_directory / SOCKET).exists() and not _wanted(ground):
        return ok("chưa dùng")
    status = asyncio.run(SignerClient(settings.run_directory / SOCKET).status())
    if isinstance(status, SealRefused):
        return broken(f"{why_words(status.reason.value, 'vi')}: {status.detail}", _START)
    verdicts = [_judged(one, now_ms()) for one in status.keys]
    with ground.database.read() as connection:
        verdicts += without_mandate(list_desks(connection, ground.actor), status)
        verdicts += _timestamps(connection) if settings.signer.tsa else []
    if status.problem:
        verdicts.append(
            look(f"mandates.toml sai, ủy quyền ký số cũ vẫn có hiệu lực: {status.problem}", "mailhub signer check")
        )
    return joined(verdicts)


def _wanted(ground: Ground) -> bool:
    """Whether some desk's documents are to be sealed: its folder tells nothing, since we may not look in."""
    with ground.database.read() as connection:
        return bool(connection.execute(select(func.count()).select_from(DeskSeal)).scalar_one())


def without_mandate(desks: Iterable[SealingDesk], status: SignerStatus) -> list[Verdict]:
    """Desks that were switched on here and that the signer signs nothing for: each mail of theirs is held."""
    signed_for = {(one.agency, desk) for one in status.keys for desk in one.desks}
    return [
        broken(
            f"{one.desk} đã bật ký số cho {one.agency}, nhưng mandates.toml không có [agencies.{one.agency}] với hộp "
            "thư này: mọi thư cần ký đều bị giữ lại",
            "sửa mandates.toml (mã đơn vị như mailhub agency list, desks), mailhub signer check",
        )
        for one in desks
        if (one.agency, one.desk.casefold()) not in signed_for
    ]


def _timestamps(connection: Connection) -> list[Verdict]:
    """An authority that does not answer is nowhere else seen but in the trace of each mail."""
    query = select(SealAct.timestamped, SealAct.at).where(SealAct.outcome.in_((SEALED, Refused.NO_TIMESTAMP.value)))
    last = connection.execute(query.order_by(SealAct.at.desc()).limit(1)).first()
    if last is None or last.timestamped:
        return []
    seen = f"lần ký gần nhất ({local_time(last.at):%H:%M %d/%m/%Y}) không lấy được dấu thời gian"
    return [look(seen, "xem [signer] tsa, proxy, tường lửa; mailhub seal acts")]


def _judged(one: KeyStatus, at: int) -> Verdict:
    if one.problem:
        advice = f"sửa mã PIN, rồi mailhub signer unlock {one.agency}" if one.wrong_pins else "mailhub signer check"
        return broken(f"{one.agency}: {one.problem}", advice)
    end = f"{local_time(one.not_after):%d/%m/%Y}"
    if one.not_after - at < SOON_DAYS * DAY:
        return look(
            f"{one.agency}: chứng thư hết hạn {end}",
            "đề nghị cấp chứng thư mới, thay khóa, systemctl reload mailhub-signer",
        )
    if one.today >= one.limit:
        return look(f"{one.agency}: đã ký đủ {one.limit} lần hôm nay", "xem lại limit_a_day trong mandates.toml")
    return ok(f"{one.agency}: chứng thư đến {end}, hôm nay {one.today}/{one.limit}")
