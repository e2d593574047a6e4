"""Two hundred ordinary mails with citizens and firms, by seed: letters of a one-stop office, of document desks and of
officials, and what comes back. Everything that can be read is read by the code that reads it in the hub: documents by
the grammar, forms, names in Kính gửi, marks of secrecy; invented is only who wrote to whom before.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailhub.accounts.profiles import Line
from mailhub.documents.grammar.recognise import Witness, recognise
from mailhub.files.facts import Danger, DangerKind, FileFacts
from mailhub.intake.inspection import InspectedFile, Inspection
from mailhub.mail.body_text import BodyText
from mailhub.mail.parts import Part, Role, Structure
from mailhub.policy.facts import Facts, MailClass, MessageFacts, Origin, Proof, RecipientFacts, Relation, SenderFacts
from mailhub.policy.lists import classify_domain
from mailhub.registry.matching import Agencies
from mailhub.screening.case import Case
from mailhub.screening.facts.papers import Papers, read_papers, words_of
from mailhub.screening.facts.secrecy import read_secrecy
from mailhub.screening.outside.correspondents import History
from mailhub.screening.outside.relations import is_named, of_history
from mailhub.screening.rules.shipped import load_lists
from mailhub.text.lines import Source, text_of
from tests.policy import ordinary_papers as papers
from tests.policy.made import NOW

LISTS = load_lists()
OURS = ("sonha.gov.vn",)
TREE = Agencies([
    (1, "TINH", "UBND tỉnh Sơn Hà", None),
    (2, "SYT", "Sở Y tế", 1),
    (3, "SYT.KHTH", "Phòng Kế hoạch tổng hợp", 2),
    (4, "XABL", "UBND xã Bình Lâm", 1),
    (5, "XABL.KT", "Phòng Kinh tế", 4),
    (6, "XABL.HCC", "Trung tâm Phục vụ hành chính công", 4),
])  # fmt: skip
HEALTH = Line(ids=(2, 1), codes=("SYT", "TINH"), level="tinh", name="Sở Y tế")
COMMUNE = Line(ids=(4, 1), codes=("XABL", "TINH"), level="xa", name="UBND xã Bình Lâm")
# Before this message: nobody wrote, they wrote, both did and we began.
NEVER, THEY_WROTE, WE_BEGAN = History(), History(came_at=NOW - 9), History(came_at=NOW - 5, went_at=NOW - 9)


@dataclass(frozen=True)
class Attached:
    """One file: its name, what it really is, the text in it, what is dangerous about it."""

    name: str
    kind: str
    text: str = ""
    dangers: tuple[DangerKind, ...] = ()
    scan: bool = False


@dataclass(frozen=True)
class Mail:
    """One ordinary mail. `who` writes for us: desk, one-stop, official; or they write, when `arrives`."""

    about: str
    person: str
    address: str
    who: str = "official"
    history: History = THEY_WROTE
    files: tuple[Attached, ...] = ()
    lines: tuple[str, ...] = ()
    arrives: bool = False
    reply: bool = True
    forward: bool = False


def facts_of(mail: Mail) -> Facts:
    """The mail as rules see it."""
    line = COMMUNE if mail.who == "one-stop" else HEALTH
    inspection = Inspection(Structure(()), tuple(map(_inspected, mail.files)), "clean" if mail.files else "")
    found = read_papers(inspection, line, lambda: TREE, LISTS, own=not mail.arrives)
    domain = mail.address.rpartition("@")[2]
    mail_class = classify_domain(domain, OURS, LISTS)
    related = set(of_history(mail.history))
    if is_named(mail.address, mail.person, mail_class, [words_of(entry) for entry in found.entries]):
        related.add(Relation.NAMED)
    message = _message(mail, inspection, found, mail_class)
    stranger = frozenset(related)
    ours = f"{mail.who}@{OURS[0]}"
    if mail.arrives:
        sender = SenderFacts(
            address=mail.address, domain=domain, mail_class=mail_class, proof=Proof.DMARC, relation=stranger
        )
        recipient = {ours: RecipientFacts(domain=OURS[0], kind="role", agencies=line.codes, level=line.level)}
    else:
        desk = mail.who != "official"
        sender = SenderFacts(
            address=ours, domain=OURS[0], kind="role" if desk else "personal", desk=desk, rank="" if desk else "staff",
            agencies=line.codes, level=line.level,
        )  # fmt: skip
        recipient = {mail.address: RecipientFacts(mail_class=mail_class, domain=domain, relation=stranger)}
    return Facts(
        message=message, sender=sender, recipients=recipient, documents=found.documents,
        attachments=found.attachments, at=NOW,
    )  # fmt: skip


def _message(mail: Mail, inspection: Inspection, found: Papers, mail_class: MailClass) -> MessageFacts:
    origin = Origin.OUTSIDE if mail.arrives else Origin.OWN
    case = Case(
        origin=origin, proof=Proof.LOGIN, sender="", subject=mail.about, at=NOW,
        inspection=inspection, body=BodyText(lines=mail.lines),
    )  # fmt: skip
    secrecy = read_secrecy(case)
    return MessageFacts(
        origin=origin, outside=int(not mail.arrives), private=int(not mail.arrives and mail_class is MailClass.PRIVATE),
        reply=mail.reply, forward=mail.forward, secrecy=secrecy.level, secrecy_in=secrecy.found_in,
        malware=found.malware, pdf_alone=found.pdf_alone, unread=found.unread,
    )  # fmt: skip


def _inspected(file: Attached) -> InspectedFile:
    source = Source.OCR if file.scan else Source.TEXT
    recognised = recognise(text_of(file.text, source=source), Witness(file_name=file.name)) if file.text else None
    facts = FileFacts(
        name=file.name, type=file.kind, size=20_000, source=source, recognition=recognised,
        dangers=tuple(map(Danger, file.dangers)),
    )  # fmt: skip
    part = Part(path="2", role=Role.ATTACHMENT, start=0, body_start=0, end=9, types=("application/octet-stream",),
                encoding="base64", names=(file.name,))  # fmt: skip
    return InspectedFile(part=part, sha256=bytes(32), size=20_000, facts=facts)


# ------------------------------------------------------------------ who, and what about

_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương", "Lý")
_MIDDLES = ("Văn", "Thị", "Minh", "Quốc", "Thanh", "Ngọc", "Hữu", "Đức", "Thị Thu", "Xuân")
_GIVEN = ("Thạch", "Khuê", "Nhạn", "Trầm", "Sương", "Vỹ", "Lãm", "Thảo", "Quyên", "Điền", "Huân", "Nghị")
_PROVIDERS = ("gmail.com",) * 8 + ("yahoo.com", "yahoo.com.vn", "icloud.com", "outlook.com", "hotmail.com")
_FIRMS = (("Công ty TNHH Bình Minh", "binhminh.vn"), ("Công ty cổ phần Dược Sơn Hà", "duocsonha.com.vn"),
          ("Phòng khám đa khoa Tâm Đức", "gmail.com"), ("Hộ kinh doanh Trần Thị Sương", "gmail.com"),
          ("Hợp tác xã Rau sạch Bình Lâm", "gmail.com"), ("Công ty TNHH Xây dựng Hưng Phát", "yahoo.com"))  # fmt: skip
_SAID = (
    ("Kính gửi Ông/Bà,", "Chúng tôi đã nhận được hồ sơ của Ông/Bà.", "Trân trọng."),
    ("Vui lòng không chia sẻ MẬT KHẨU", "và mã OTP cho người khác."),
    ("Theo quy định về bảo mật thông tin cá nhân,", "đề nghị Ông/Bà gửi bản chụp hai mặt CCCD."),
    ("Thông tin mật độ xây dựng xem tại bảng kèm theo.",),
    ("Tài liệu gửi qua mạng (trừ văn bản mật).", "Trân trọng cảm ơn."),
    (),
)


def ordinary(seed: int = 5) -> list[Mail]:
    """Two hundred: 140 that leave, 60 that arrive."""
    chance = random.Random(seed)
    mails = [mail for scenario, many in _SCENARIOS for _ in range(many) for mail in [scenario(chance)]]
    assert len(mails) == 200
    return mails


def _citizen(chance: random.Random) -> tuple[str, str]:
    words = [chance.choice(_SURNAMES), chance.choice(_MIDDLES), chance.choice(_GIVEN)]
    local = "".join(chance.choice("abcdefghiklmnopqrstuvxy") for _ in range(8)) + str(chance.randint(1, 99))
    return f"{chance.choice(('Ông', 'Bà'))} {' '.join(words)}", f"{local}@{chance.choice(_PROVIDERS)}"


def _firm(chance: random.Random) -> tuple[str, str]:
    name, domain = chance.choice(_FIRMS)
    local = f"lienhe{chance.randint(1, 99)}" if domain != "gmail.com" else f"kd.{chance.randint(100, 999)}.sonha"
    return name, f"{local}@{domain}"


def _number(chance: random.Random) -> str:
    return str(chance.randint(3, 2999))


def _slip(chance: random.Random) -> Mail:
    """The one-stop office confirms a dossier; half of them came in person and never wrote."""
    person, address = _citizen(chance)
    files = (Attached("giay-hen.pdf", "pdf", papers.appointment(person)),)
    history = chance.choice((NEVER, THEY_WROTE))
    return Mail("Giấy tiếp nhận hồ sơ", person, address, "one-stop", history, files, chance.choice(_SAID))


def _result(chance: random.Random) -> Mail:
    """The result of a procedure: a decision that names the citizen, often scanned, sometimes with the Word file."""
    person, address = _citizen(chance)
    text = papers.decision(_number(chance), "cho phép chuyển mục đích sử dụng đất", person)
    files: tuple[Attached, ...] = (Attached("quyet-dinh.pdf", "pdf", text, scan=chance.random() < 0.5),)
    if chance.random() < 0.3:
        files = (*files, Attached("quyet-dinh.docx", "docx", text))
    return Mail("Kết quả giải quyết", person, address, "one-stop", chance.choice((NEVER, THEY_WROTE)), files)


def _supplement(chance: random.Random) -> Mail:
    person, address = _citizen(chance)
    text = papers.notice(_number(chance), "bổ sung hồ sơ đề nghị cấp giấy phép xây dựng", person)
    return Mail("Bổ sung hồ sơ", person, address, "one-stop", THEY_WROTE, (Attached("thong-bao.pdf", "pdf", text),))


def _form(chance: random.Random) -> Mail:
    """Somebody asked by telephone for the form: the first mail ever."""
    person, address = _citizen(chance)
    name, text = chance.choice((("mau-don.docx", papers.APPLICATION), ("giay-gioi-thieu.docx", papers.LETTER_FORM)))
    return Mail("Gửi mẫu đơn", person, address, "official", NEVER, (Attached(name, "docx", text),), reply=False)


def _report_form(chance: random.Random) -> Mail:
    firm, address = _firm(chance)
    text = papers.letter(_number(chance), "báo cáo tình hình lao động", "Các doanh nghiệp trên địa bàn tỉnh")
    files = (Attached("cong-van.pdf", "pdf", text), Attached("mau-bao-cao.docx", "docx", papers.REPORT_FORM))
    return Mail("Đề nghị báo cáo", firm, address, chance.choice(("desk", "official")), WE_BEGAN, files, reply=False)


def _answer(chance: random.Random) -> Mail:
    """The document desk answers a petition; now and then the citizen had written on paper."""
    person, address = _citizen(chance)
    text = papers.letter(_number(chance), "trả lời đơn phản ánh", person)
    history = THEY_WROTE if chance.random() < 0.8 else NEVER
    scan = chance.random() < 0.5
    if scan and chance.random() < 0.5:  # the number is written by hand, and OCR cannot read it
        text = text.replace(text.splitlines()[3], "")
    return Mail("Trả lời đơn", person, address, "desk", history, (Attached("tra-loi.pdf", "pdf", text, scan=scan),))


def _official_answers(chance: random.Random) -> Mail:
    person, address = _citizen(chance)
    text = papers.letter(_number(chance), "trả lời kiến nghị", person)
    if chance.random() < 0.2:  # signed on paper, photographed
        text = text.replace(text.splitlines()[3], "")
        return Mail("Trả lời kiến nghị", person, address, "official", THEY_WROTE,
                    (Attached("anh-chup.jpg", "jpeg", text, scan=True),))  # fmt: skip
    return Mail("Trả lời kiến nghị", person, address, "official", THEY_WROTE, (Attached("cv.pdf", "pdf", text),))


def _plain(chance: random.Random) -> Mail:
    person, address = chance.choice((_citizen, _firm))(chance)
    history = chance.choice((THEY_WROTE, THEY_WROTE, WE_BEGAN, NEVER))
    return Mail("Về hồ sơ của Ông/Bà", person, address, "official", history, (), chance.choice(_SAID))


def _guide(chance: random.Random) -> Mail:
    person, address = _citizen(chance)
    files = (Attached("huong-dan.pdf", "pdf", papers.GUIDE), Attached("anh.jpg", "jpeg"))
    return Mail("Hướng dẫn nộp hồ sơ", person, address, "official", chance.choice((NEVER, THEY_WROTE)), files)


def _law(chance: random.Random) -> Mail:
    """A decree, or a directive of the province, that somebody asked about."""
    person, address = _citizen(chance)
    text = chance.choice((papers.DECREE, papers.DIRECTIVE))
    return Mail("Văn bản Ông/Bà hỏi", person, address, "official", chance.choice((THEY_WROTE, NEVER)),
                (Attached("van-ban.pdf", "pdf", text),))  # fmt: skip


def _contract(chance: random.Random) -> Mail:
    firm, address = _firm(chance)
    name, text = chance.choice((("hop-dong.docx", papers.CONTRACT), ("nghiem-thu.docx", papers.MINUTES)))
    history = chance.choice((WE_BEGAN, THEY_WROTE, NEVER))
    return Mail("Dự thảo hợp đồng", firm, address, "official", history, (Attached(name, "docx", text),))


def _invite(chance: random.Random) -> Mail:
    firm, address = _firm(chance)
    files = (Attached("giay-moi.pdf", "pdf", papers.invitation(firm), scan=chance.random() < 0.5),)
    return Mail("Giấy mời", firm, address, chance.choice(("desk", "official")), chance.choice((WE_BEGAN, NEVER)), files)


def _forwarded(chance: random.Random) -> Mail:
    """Their own earlier mail goes back with an answer."""
    person, address = _citizen(chance)
    return Mail("Fwd: Hồ sơ của tôi", person, address, "official", THEY_WROTE, (), chance.choice(_SAID), forward=True)


def _petition(chance: random.Random) -> Mail:
    person, address = _citizen(chance)
    files: Sequence[Attached] = chance.choice((
        (Attached("don.docx", "docx", papers.PETITION),),
        (Attached("IMG_2031.HEIC", "heic"), Attached("IMG.jpg", "jpeg")),
        (Attached("cccd.jpg", "jpeg"), Attached("don.pdf", "pdf", papers.PETITION, scan=True)), (),
    ))  # fmt: skip
    return Mail("Đơn phản ánh", person, address, "desk", NEVER, tuple(files), chance.choice(_SAID), arrives=True)


def _filled_in(chance: random.Random) -> Mail:
    """A form comes back, as an XFA or scripted PDF, or a table with macros of the tax office's software."""
    firm, address = _firm(chance)
    files: Sequence[Attached] = chance.choice((
        (Attached("to-khai.pdf", "pdf", dangers=(DangerKind.SCRIPT,)),),
        (Attached("bao-cao.xlsm", "xlsm", dangers=(DangerKind.MACRO,)),),
        (Attached("ho-so.zip", "zip", dangers=(DangerKind.ENCRYPTED,)),),
        (Attached("ban-ve.dwg", "unknown"),), (Attached("trang-luu.html", "html", dangers=(DangerKind.SCRIPT,)),),
    ))  # fmt: skip
    return Mail("Nộp hồ sơ", firm, address, "desk", chance.choice((WE_BEGAN, NEVER)), tuple(files), arrives=True)


def _firm_writes(chance: random.Random) -> Mail:
    firm, address = _firm(chance)
    files = (Attached("cv.pdf", "pdf", papers.FIRMS_LETTER), Attached("bao-gia.docx", "docx", papers.QUOTATION))
    return Mail("Đề nghị hướng dẫn", firm, address, "desk", NEVER, files, arrives=True)


def _sends_back(chance: random.Random) -> Mail:
    """A citizen sends the decision that concerns him, to complain about it."""
    person, address = _citizen(chance)
    text = papers.decision(_number(chance), "thu hồi đất", person)
    return Mail("Khiếu nại", person, address, "official", NEVER, (Attached("qd.pdf", "pdf", text, scan=True),),
                arrives=True)  # fmt: skip


_SCENARIOS = (
    (_slip, 18), (_result, 18), (_supplement, 10), (_form, 8), (_report_form, 8), (_answer, 16),
    (_official_answers, 12), (_plain, 20), (_guide, 6), (_law, 6), (_contract, 8), (_invite, 6), (_forwarded, 4),
    (_petition, 28), (_filled_in, 14), (_firm_writes, 10), (_sends_back, 8),
)  # fmt: skip


def wrong() -> Iterator[Mail]:
    """Five that are not ordinary: each has to be stopped."""
    official, stranger = "nguyenvanan@gmail.com", "nguoila@gmail.com"
    draft = (Attached("du-thao.docx", "docx", papers.DRAFT),)
    yield Mail("Xin ý kiến", "Người lạ", stranger, "official", NEVER, draft)
    yield Mail("Xin ý kiến", "Người lạ", stranger, "official", WE_BEGAN, draft)
    yield Mail("Phân công", "Người lạ", official, "official", NEVER, (Attached("tb.pdf", "pdf", papers.INTERNAL),))
    yield Mail("[MẬT] Kế hoạch", "Ông Lê Văn Khuê", stranger, "official", THEY_WROTE)
    yield Mail("Phần mềm", "Ông Lê Văn Khuê", stranger, "official", THEY_WROTE,
               (Attached("cai-dat.exe", "exe", dangers=(DangerKind.EXECUTABLE,)),))  # fmt: skip
