"""Letters as offices send them, made up: two pages, head and foot in two columns, about 600 words; mails with them."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from functools import cache

import typst

from tests.support.papers import Paper, as_docx, as_text, make_paper

WORDS = 560  # of the body, at least
KINDS = ("CV", "TB", "QĐ", "KH")
_ONE_FONT = ("Liberation Serif",)
_MORE_FONTS = ("Liberation Serif", "Noto Serif", "Liberation Sans")
_TYPES = {"pdf": "application/pdf", "docx": "application/msword", "txt": "text/plain"}


def letter(seed: int) -> Paper:
    """A paper whose body is long enough for a second page. No two seeds give the same."""
    paper = make_paper(KINDS[seed % len(KINDS)], seed)
    body, other = list(paper.body), 0
    while sum(len(words.split()) for words in body) < WORDS:
        other += 1
        body += make_paper(paper.type, 1000 * (seed + 1) + other).body
    return replace(paper, body=tuple(body))


# In black of CMYK: for any other typst puts a colour profile into the file, which costs PDFium 3 ms and which letters
# that come from Word or LibreOffice do not have.
_START = """
#set page(paper: "a4", margin: 25mm)
#set text(font: "Liberation Serif", size: 13pt, lang: "vi", fill: cmyk(0%, 0%, 0%, 100%))
"""


@cache
def pdf(seed: int) -> bytes:
    """The letter in one font, upright, bold and italic: 75 KiB."""
    return bytes(typst.compile(_source(letter(seed), _ONE_FONT).encode(), format="pdf"))


@cache
def large_pdf(seed: int) -> bytes:
    """The same words in more fonts, as several hands leave them: 110 KiB."""
    return bytes(typst.compile(_source(letter(seed), _MORE_FONTS).encode(), format="pdf"))


def _source(paper: Paper, fonts: tuple[str, ...]) -> str:
    sides = ",".join(f"[{_lines(side)}]" for side in (paper.left_head, paper.right_head))
    feet = ",".join(f"[{_lines(side)}]" for side in (paper.left_foot, paper.right_foot))
    title = [f'#align(center)[#text(weight: "bold")[{_lines((line,))}]]' for line in paper.title]
    text = [_paragraph(n, words, fonts) for n, words in enumerate(paper.text)]
    return "\n".join(
        (_START, f"#grid(columns: (44%, 56%), {sides})", *title, *text, f"#grid(columns: (50%, 50%), {feet})")
    )


def _paragraph(number: int, words: str, fonts: tuple[str, ...]) -> str:
    font = fonts[number % len(fonts)]
    style = "italic" if number % 5 == 4 else "normal"
    return f'#text(font: "{font}", style: "{style}")[#{json.dumps(words, ensure_ascii=False)}]\n'


def _lines(side: tuple[str, ...]) -> str:
    return "#linebreak()".join(f"#{json.dumps(line, ensure_ascii=False)}" for line in side)


@cache
def docx(seed: int) -> bytes:
    """The letter as Word writes it, head and foot as tables, 37 KiB."""
    return as_docx(letter(seed))


@cache
def txt(seed: int) -> bytes:
    """The letter as plain text."""
    return as_text(letter(seed)).encode()


def mail(files: list[tuple[str, bytes]], subject: str = "V/v gửi văn bản") -> bytes:
    """A message with these files (name, octets) as attachments in base64 (RFC 2045)."""
    about = base64.b64encode(subject.encode()).decode()
    head = (
        "From: van-thu@gui.test\r\nTo: van-thu@nhan.test\r\nMessage-ID: <1@gui.test>\r\n"
        f"Date: Fri, 2 Jan 2026 08:00:00 +0700\r\nSubject: =?utf-8?B?{about}?=\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="ranh-gioi"\r\n\r\n'
        "--ranh-gioi\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nKinh gui.\r\n"
    )
    parts = [head.encode()]
    for name, data in files:
        kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        parts.append(
            f"--ranh-gioi\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
            f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'.encode()
        )
        parts.append(base64.encodebytes(data).replace(b"\n", b"\r\n"))
    return b"".join((*parts, b"--ranh-gioi--\r\n"))
