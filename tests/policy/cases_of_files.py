"""Cases of the rules about secrets, attachments and blocked domains."""

from __future__ import annotations

from mailhub.policy.facts import Listing, MailClass, Origin, RecipientFacts
from tests.policy.mails_made import (
    REDIRECT,
    Cases,
    doc,
    file,
    firm,
    ministry,
    outside,
    own,
    private,
)


def _secrets() -> dict[str, Cases]:
    return {
        "bi-mat-nha-nuoc": Cases(
            {
                "in the subject": own(secrecy="MẬT", secrecy_in=frozenset({"subject"})),
                "in a scan, to a ministry": own(ministry(), secrecy="TUYỆT MẬT", secrecy_in=frozenset({"scan"})),
                "from outside": outside(secrecy="TỐI MẬT", secrecy_in=frozenset({"file"})),
                "by a machine of ours": own(origin=Origin.TRUSTED, secrecy="MẬT"),
                "by a mailbox's own script": own(firm(), **REDIRECT, secrecy="MẬT"),
            },
            {
                "no mark": own(private(), docs=[doc()]),
                "restricted circulation is no secrecy": own(docs=[doc(circulation="LƯU HÀNH NỘI BỘ")]),
            },
        )
    }


def _files() -> dict[str, Cases]:
    listed = {"listed": Listing.OTHER}
    return {
        "ma-doc": Cases(
            {"ours": own(malware="found"), "from outside": outside(malware="found")},
            {"clean": own(), "without files": own(malware=""), "not scanned": outside(malware="not-scanned")},
        ),
        "tep-thuc-thi": Cases(
            {
                "a program": own(files=[file(), file("exe", "executable")]),
                "within an archive": outside(files=[file("zip"), file("exe", "executable", depth=1)]),
                "within a PDF": outside(files=[file("pdf", "embedded file", "executable")]),
            },
            {
                "a form with JavaScript": own(files=[file("pdf", "script")]),
                "a macro": own(files=[file("docm", "macro")]),
            },
        ),
        "tep-kich-ban": Cases(
            {
                "a script": outside(files=[file("script", "script")]),
                "text that is called .js": own(files=[file("txt", "script", extension="js")]),
            },
            {
                "a form with JavaScript": outside(files=[file("pdf", "script")]),
                "a saved web page": own(files=[file("html", "script")]),
                "a form beside a harmless text": own(files=[file("pdf", "script"), file("txt")]),
            },
        ),
        "tep-bi-cam": Cases(
            {"a type the province forbids": own(files=[file("iso", listed=Listing.FORBIDDEN)])},
            {"an unusual type": own(files=[file("unknown", **listed)]), "a PDF": outside(files=[file()])},
        ),
        "tep-di-ngoai-danh-muc": Cases(
            {"not on the list": own(files=[file(), file("unknown", **listed)])},
            {"on the list": own(files=[file()]), "from outside": outside(files=[file("unknown", **listed)])},
        ),
        "tep-den-ngoai-danh-muc": Cases(
            {"not on the list": outside(files=[file("iso", **listed)])},
            {"on the list": outside(files=[file()]), "ours": own(files=[file("iso", **listed)])},
        ),
        "tep-macro-den": Cases(
            {"a macro": outside(files=[file("docm", "macro")])},
            {"none": outside(files=[file("docx")]), "ours": own(files=[file("docm", "macro")])},
        ),
        "tep-macro-di": Cases(
            {"a macro": own(files=[file("xlsm", "macro")])},
            {"none": own(files=[file("xlsx")]), "from outside": outside(files=[file("xlsm", "macro")])},
        ),
        "tep-ma-hoa-den": Cases(
            {"a password": outside(files=[file("zip", "encrypted")])},
            {"none": outside(files=[file("zip")]), "ours": own(files=[file("zip", "encrypted")])},
        ),
        "tep-ma-hoa-gui-ra-ngoai": Cases(
            {
                "to a firm": own(firm(), files=[file("zip", "encrypted")]),
                "to a private mailbox": own(private("wrote-first"), files=[file("docx", "encrypted")]),
            },
            {
                "to a colleague elsewhere": own(files=[file("zip", "encrypted")]),
                "to a ministry": own(ministry(), files=[file("zip", "encrypted")]),
                "without a password": own(firm(), files=[file("zip")]),
            },
        ),
        "thu-ma-hoa-gui-ra-ngoai": Cases(
            {"to a firm": own(firm(), encrypted=True)},
            {"to a colleague elsewhere": own(encrypted=True), "in the clear": own(firm())},
        ),
        "tep-khong-doc-duoc": Cases(
            {"damaged": own(files=[file("docx", unreadable="damaged")])},
            {
                "a type without a reader": own(files=[file("unknown", unreadable="unsupported type")]),
                "read": own(files=[file("docx")]),
            },
        ),
        "tep-bat-thuong": Cases(
            {
                "two formats in one": outside(files=[file("pdf", "polyglot")]),
                "a name that hides": own(files=[file("docx", "double extension")]),
            },
            {
                "an object": own(files=[file("docx", "embedded file")]),
                "misnamed": own(files=[file("jpeg", "misnamed")]),
            },
        ),
        "chua-quet-ma-doc": Cases(
            {"no scanner": own(malware="not-scanned")}, {"clean": own(), "no files": own(malware="")}
        ),
        "chua-doc-het-tep": Cases(
            {"to a firm": own(firm(), unread=True)},
            {"within": own(unread=True), "read": own(firm()), "to a ministry": own(ministry(), unread=True)},
        ),
    }


def _blocked() -> dict[str, Cases]:
    bad = RecipientFacts(mail_class=MailClass.BLOCKED, domain="xau.example", relation=frozenset({"first-contact"}))
    return {
        "gui-den-ten-mien-bi-chan": Cases(
            {"ours": own(bad), "an automatic answer": own(bad, origin=Origin.AUTOMATIC)}, {"another": own(firm())}
        ),
        "nhan-tu-ten-mien-bi-chan": Cases(
            {"a blocked domain": outside(sender={"mail_class": MailClass.BLOCKED})},
            {"gmail": outside(), "a firm": outside(sender={"mail_class": MailClass.ORGANISATION})},
        ),
    }


FILES = {**_secrets(), **_files(), **_blocked()}
