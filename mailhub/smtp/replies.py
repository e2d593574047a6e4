"""From refusals and domain errors to SMTP replies: the only table that knows both.

Basic codes: RFC 5321 § 4.2; enhanced codes: RFC 3463 and the IANA registry. The texts are Vietnamese without
diacritics, since a reply is ASCII and officials' clients show it as it stands; each ends with the code that the
administrator can trace. Without diacritics some words turn into others: never "mat" alone (secret, or lost).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mailhub.mail.address import PathError
from mailhub.policy.errors import Refused
from mailhub.policy.verdict import Refusal
from mailhub.smtp.door import Reply

LONGEST_DETAIL = 120
LONGEST_TEXT = 450  # with the codes around it a line stays below the 512 octets of RFC 5321 § 4.5.3.1.5


class Entry(NamedTuple):
    """A reply. Each of `tails` is added when the detail that it needs is known."""

    code: int
    enhanced: str
    text: str
    tails: Mapping[str, str] = {}


_ALLOWED = {"own": "Dia chi duoc dung: {own}"}

REPLIES: dict[str, Entry] = {
    # Recipients
    "unknown-recipient": Entry(550, "5.1.1", "Dia chi nguoi nhan khong ton tai"),
    "ended": Entry(550, "5.1.6", "Hop thu da ngung su dung", {"unit": "Xin gui den {unit}"}),
    "not-receiving": Entry(550, "5.2.1", "Hop thu nay hien khong nhan thu"),
    "quota": Entry(452, "4.2.2", "Hop thu nguoi nhan da day. Xin gui lai sau"),
    # Groups (sharing/passage.py); 5.7.2 is RFC 3463's code for a list that does not take mail from this sender.
    "group-own": Entry(550, "5.7.2", "Nhom thu nay chi nhan thu tu tai khoan cong vu cua tinh", {"group": "({group})"}),
    "group-members": Entry(550, "5.7.2", "Chi thanh vien cua nhom moi duoc gui den nhom nay", {"group": "({group})"}),
    "group-listed": Entry(550, "5.7.2", "Chi nguoi duoc giao moi duoc gui den nhom nay", {"group": "({group})"}),
    "relay-denied": Entry(550, "5.7.1", "May chu nay khong chuyen thu cho ten mien khac"),
    "redirect-outside": Entry(550, "5.7.1", "Khong tu dong chuyen tiep thu cong vu ra ngoai he thong"),
    "too-many-recipients": Entry(452, "4.5.3", "Qua nhieu nguoi nhan trong mot lan gui. Xin gui tiep lan sau"),
    # Addresses that cannot be read
    "bad-sender": Entry(553, "5.1.7", "Dia chi nguoi gui khong dung cu phap"),
    "path-syntax": Entry(553, "5.1.3", "Dia chi nguoi nhan khong dung cu phap"),
    "path-literal": Entry(550, "5.1.3", "Khong nhan dia chi ghi bang so IP. Xin dung ten mien"),
    "path-route": Entry(550, "5.1.3", "Khong nhan dia chi kem tuyen duong di cua thu"),
    "path-percent": Entry(550, "5.7.1", "Khong nhan dia chi chua dia chi khac (co ky tu %, ! hoac @)"),
    "path-utf8": Entry(553, "5.1.3", "Dia chi co ky tu khong hop le"),
    # Who writes (policy/identity.py)
    "sender-not-owned": Entry(
        550, "5.7.1", "Tai khoan khong duoc gui thu bang dia chi nay", {"address": "({address})", **_ALLOWED}
    ),
    "sender-not-official": Entry(550, "5.7.1", "Ten mien cua dia chi gui khong con la ten mien cong vu", _ALLOWED),
    "from-missing": Entry(550, "5.6.0", "Thu thieu dong From (nguoi gui)"),
    "from-several": Entry(550, "5.6.0", "Thu co nhieu dong From hoac nhieu nguoi gui; chi duoc ghi mot", _ALLOWED),
    "from-ambiguous": Entry(550, "5.6.0", "Dong From cua thu khong ro rang; can ghi: Ho ten <dia chi>", _ALLOWED),
    "from-not-owned": Entry(
        550, "5.7.1", "Dia chi From khong thuoc tai khoan nay", {"detail": "({detail})", **_ALLOWED}
    ),
    "from-not-official": Entry(550, "5.7.1", "Ten mien cua dia chi From khong con la ten mien cong vu", _ALLOWED),
    "sender-field-not-owned": Entry(
        550, "5.7.1", "Dong Sender khong thuoc tai khoan nay", {"detail": "({detail})", **_ALLOWED}
    ),
    "resent-not-owned": Entry(
        550, "5.7.1", "Dong Resent-From hoac Resent-Sender khong thuoc tai khoan nay",
        {"detail": "({detail})", **_ALLOWED},
    ),
    "display-address": Entry(
        550, "5.7.1", "Ten hien thi chua dia chi thu khac", {"detail": "({detail})", **_ALLOWED}
    ),
    "own-domain-spoofed": Entry(
        550, "5.7.26", "Thu ghi nguoi gui thuoc ten mien cua chung toi",
        {
            "detail": "({detail}) nhung chua chung minh duoc. Can mot trong ba: chu ky DKIM hop le cua ten mien do; "
            "SPF cua ten mien do cho phep may gui; hoac may gui nam trong mang tin cay da khai bao",
        },
    ),
    "dmarc-reject": Entry(
        550, "5.7.1", "Thu khong qua kiem tra DMARC va chinh sach cua ten mien gui la tu choi", {"domain": "({domain})"}
    ),
    # The rules of policy.toml: `why` is said by screening/consequences/refusals.py (wording § 2.1, § 2.3)
    "policy": Entry(550, "5.7.1", "", {"why": "{why}"}),
    "secret": Entry(550, "5.7.1", "Thu bi tu choi: co dau hieu bi mat nha nuoc", {"why": "{why}"}),
    # Answers to the hub (word.py)
    "word-not-here": Entry(550, "5.7.1", "Dia chi nay chi nhan cau tra loi cua tai khoan cong vu da dang nhap"),
    "word-alone": Entry(550, "5.5.3", "Cau tra loi cho he thong phai gui rieng, khong kem nguoi nhan khac"),
    "word-reply-to": Entry(550, "5.7.1", "Dong Reply-To cua thu ghi dia chi cua he thong thu"),
    "word-automatic": Entry(550, "5.7.1", "He thong khong nhan cau tra loi tu dong"),
    # Accounts
    "auth-required": Entry(530, "5.7.0", "Can dang nhap truoc khi gui thu"),
    "tls-required": Entry(530, "5.7.0", "Can bat STARTTLS truoc"),
    "auth-failed": Entry(535, "5.7.8", "Ten dang nhap hoac mat khau khong dung"),
    "auth-unavailable": Entry(454, "4.7.0", "Tam thoi chua kiem tra duoc dang nhap. Xin thu lai sau"),
    "account-suspended": Entry(550, "5.7.1", "Tai khoan dang tam khoa hoac khong duoc gui thu. Xin lien he quan tri"),
    "login-outdated": Entry(421, "4.7.0", "Mat khau vua thay doi. Xin dang nhap lai"),
    "account-closed": Entry(421, "4.7.0", "Tai khoan vua bi tam khoa hoac thu hoi. Xin lien he quan tri"),
    # The message
    "loop": Entry(554, "5.4.6", "Thu bi chuyen vong giua cac may chu"),
    "too-many-hops": Entry(554, "5.4.6", "Thu da qua qua nhieu may chu, co the bi chuyen vong"),
    "too-large": Entry(552, "5.3.4", "Thu qua lon", {"limit_mib": "Toi da {limit_mib} MiB"}),
    "header-too-large": Entry(552, "5.3.4", "Phan dau cua thu qua lon"),
    "bare-newline": Entry(550, "5.6.0", "Thu co dau xuong dong sai (CR hoac LF don le)"),
    "nul": Entry(550, "5.6.0", "Thu co byte 0 (NUL), hop thu khong giu nguyen duoc. Xin gui lai thanh tep dinh kem"),
    # Room and pace
    "queue-full": Entry(452, "4.3.1", "Hang doi dang day. Xin gui lai sau"),
    "disk-full": Entry(452, "4.3.1", "May chu tam thoi het cho luu thu. Xin gui lai sau"),
    "dns-trouble": Entry(451, "4.4.3", "Tam thoi chua tra cuu duoc DNS de kiem tra nguoi gui. Xin gui lai sau"),
    "local-fault": Entry(451, "4.3.0", "May chu tam thoi gap su co. Xin gui lai sau"),
    "rate-limited": Entry(451, "4.7.1", "Gui qua nhieu thu trong thoi gian ngan. Xin gui lai sau"),
    "too-many-connections": Entry(421, "4.7.0", "Qua nhieu ket noi tu mang nay. Xin ket noi lai sau"),
    "shutting-down": Entry(421, "4.3.2", "May chu dang dung. Xin ket noi lai sau"),
}  # fmt: skip


def reply(kind: str, code: str, **details: object) -> Reply:
    """The reply for `kind` with the traceable `code` (`ids.new_code()`); details it has no use for are ignored.

    A kind that the table does not know may pass another time: it gets the reply of a local fault.
    """
    entry = REPLIES.get(kind, REPLIES["local-fault"])
    known = {key: one_ascii_line(str(value), LONGEST_DETAIL) for key, value in details.items() if value}
    text = entry.text
    for key, tail in entry.tails.items():
        if key in known:
            separator = " " if tail.startswith("(") else ". "
            text += (separator if text else "") + tail.format(**{key: known[key]})
    return Reply(entry.code, entry.enhanced, f"{one_ascii_line(text)}. Ma {code}")


def reply_for(refusal: Refusal, code: str, **details: object) -> Reply:
    """The reply for what policy refused."""
    return reply(refusal.kind, code, **{"detail": refusal.detail, **details})


def reply_to(error: Exception, code: str) -> Reply:
    """The reply for an error; what nobody foresaw may pass another time (451)."""
    if isinstance(error, PathError):
        return reply(f"path-{error.kind}", code)
    if isinstance(error, Refused):
        return reply_for(error.refusal, code)
    return reply("local-fault", code)


def one_ascii_line(text: str, limit: int = LONGEST_TEXT) -> str:
    """Printable ASCII on one line: details quote strangers, and a line break among them would forge a reply."""
    line = " ".join(text.split()).encode("ascii", "backslashreplace").decode()
    return "".join(c if " " <= c <= "~" else "?" for c in line)[:limit]
