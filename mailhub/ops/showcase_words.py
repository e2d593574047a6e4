"""What the demonstration tells whoever watches it to do next."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mailhub.ops.demo import PASSWORD
from mailhub.settings import STANDARD_PORTS, Settings


def mail_client_lines(settings: Settings, recipient: dict[str, Any], clerk: dict[str, Any]) -> list[str]:
    """What to type into Thunderbird."""
    base = settings.hub.base_port
    return [
        "",
        "Thunderbird (Tài khoản mới > Cấu hình thủ công / New account > Configure manually):",
        f"  Họ tên, địa chỉ    {recipient['name']} <{recipient['address']}>",
        f"                     hoặc/or văn thư Sở Nội vụ: {clerk['held_by'][0]}",
        f"  Mật khẩu           {PASSWORD}   (mọi tài khoản minh họa / every demo account)",
        f"  IMAP               127.0.0.1, cổng/port {base + STANDARD_PORTS['imaps']}, SSL/TLS, Normal password",
        f"  SMTP               127.0.0.1, cổng/port {base + STANDARD_PORTS['submission']}, STARTTLS, Normal password",
        "  Tên đăng nhập      là cả địa chỉ / user name: the whole address",
        "  Chứng thư TLS do máy chủ tự cấp: chấp nhận ngoại lệ khi được hỏi.",
        "  The certificate is self-made: confirm the exception when asked.",
    ]


def look_around_lines(directory: Path, recipient: dict[str, Any], agency: str) -> list[str]:
    """The commands to try next."""
    command = f"{Path(sys.executable).parent / 'mailhub'} --dir {directory}"
    return [
        "",
        "Xem thêm / look around:",
        f"  {command} trace --to {recipient['address']}",
        f'  {command} document search "cong van 156"',
        f"  {command} account list --agency {agency}",
        f"  {command} seal acts",
        f"  {command} queue list",
        f"  {command} policy show",
        f"  {command} doctor",
    ]


def web_lines(settings: Settings, people: Sequence[tuple[str, str]]) -> list[str]:
    """Where to log in with a browser; `people` are (address, what they are)."""
    return [
        "",
        "Trang web (đăng nhập / log in):",
        f"  https://localhost:{settings.hub.base_port + STANDARD_PORTS['https']}/   {PASSWORD}",
        *(f"  {address:<32} {what}" for address, what in people),
    ]


def grouped(number: int) -> str:
    """`101.810`, as Vietnamese writes thousands."""
    return f"{number:,}".replace(",", ".")
