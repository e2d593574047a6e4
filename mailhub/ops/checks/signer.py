"""Can the agencies' signatures be put on, and for how long yet?"""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select

from mailhub.clock import DAY, local_time, now_ms
from mailhub.ops.findings import Check, Ground, Verdict, broken, joined, look, ok
from mailhub.signatures.models import DeskSeal
from mailhub.signer.client import SOCKET, SignerClient
from mailhub.signer.orders import KeyStatus, SealRefused
from mailhub.signer.words import words_for

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
        return broken(f"{words_for(status.reason)}: {status.detail}", _START)
    verdicts = [_judged(one, now_ms()) for one in status.keys]
    if status.problem:
        verdicts.append(
            look(f"mandates.toml sai, quy định cũ vẫn có hiệu lực: {status.problem}", "mailhub signer check")
        )
    return joined(verdicts)


def _wanted(ground: Ground) -> bool:
    """Whether some desk's documents are to be sealed: its folder tells nothing, since we may not look in."""
    with ground.database.read() as connection:
        return bool(connection.execute(select(func.count()).select_from(DeskSeal)).scalar_one())


def _judged(one: KeyStatus, at: int) -> Verdict:
    if one.problem:
        advice = f"sửa mã PIN, rồi mailhub signer unlock {one.agency}" if one.wrong_pins else "mailhub signer check"
        return broken(f"{one.agency}: {one.problem}", advice)
    end = f"{local_time(one.not_after):%d/%m/%Y}"
    if one.not_after - at < SOON_DAYS * DAY:
        return look(f"{one.agency}: chứng thư hết hạn {end}", "đề nghị cấp chứng thư mới, thay khóa, systemctl reload")
    if one.today >= one.limit:
        return look(f"{one.agency}: đã ký đủ {one.limit} lần hôm nay", "xem lại limit_a_day trong mandates.toml")
    return ok(f"{one.agency}: chứng thư đến {end}, hôm nay {one.today}/{one.limit}")
