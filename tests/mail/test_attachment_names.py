"""What attachments are called: as officials' programs write it, and as attackers do."""

from __future__ import annotations

import base64
import time
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.mail.parts import Part, PartProblem
from mailhub.mail.structure import read_structure

pytestmark = pytest.mark.unit

NAME = "Công văn số 15.pdf"
WINDOWS_1258 = NAME.replace("ố", "ô\u0301").encode("cp1258")
NFD = unicodedata.normalize("NFD", NAME)


def word(text: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def part_of(disposition: str | bytes = "", kind: str | bytes = "application/pdf") -> Part:
    def octets(value: str | bytes) -> bytes:
        return value if isinstance(value, bytes) else value.encode()

    head = b"Content-Type: " + octets(kind) + b"\r\n"
    if disposition:
        head += b"Content-Disposition: " + octets(disposition) + b"\r\n"
    return read_structure(head + b"\r\nx").parts[0]


def names(disposition: str | bytes = "", kind: str | bytes = "application/pdf") -> tuple[str, ...]:
    return part_of(disposition, kind).names


@pytest.mark.parametrize(
    "parameter",
    [
        f'filename="{NAME}"',
        f"filename={NAME}",
        f'filename="{NFD}"',
        f'filename="{word(NAME)}"',
        f"filename={word(NAME)}",
        f'filename="{word(NAME[:7])} {word(NAME[7:])}"',
        f'filename="{word(NAME[:7])}\r\n\t{word(NAME[7:])}"',
        f'filename="{word(NAME).rstrip("=?")}?="',
        f'filename="=?UTF-8?Q?{quote(NAME, safe=".").replace("%", "=")}?="',
        'filename="=?UTF-8?Q?C=C3=B4ng v=C4=83n s=E1=BB=91 15.pdf?="',
        f'filename="{word(NFD)}"',
        f"filename*=UTF-8''{quote(NAME)}",
        f"filename*=utf-8'vi'{quote(NFD)}",
        f"filename*={quote(NAME)}",
        f"filename*0*=UTF-8''{quote(NAME[:5])}; filename*1*={quote(NAME[5:])}",
        f"filename*1*={quote(NAME[5:])}; filename*0*=UTF-8''{quote(NAME[:5])}",
        f"filename*0*=UTF-8''{quote(NAME[:12])}; filename*1=\"{NAME[12:]}\"",
        f'filename*0="{NAME[:5]}"; filename*1="{NAME[5:]}"',
        f'filename*0="{word(NAME)[:20]}"; filename*1="{word(NAME)[20:]}"',
        f'FileName = "{NAME}" ; size=3',
        f'filename="{NAME}',
        f"filename=\"{NAME}\"; filename*=UTF-8''{quote(NAME)}",
    ],
)
def test_a_vietnamese_name_is_read_however_it_was_written(parameter: str) -> None:
    assert names(f"attachment; {parameter}") == (NAME,)


def test_a_word_in_windows_1258_is_composed() -> None:
    encoded = base64.b64encode(WINDOWS_1258).decode()
    assert names(f'attachment; filename="=?windows-1258?B?{encoded}?="') == (NAME,)


def test_raw_octets_of_windows_1258_and_tcvn3_are_guessed() -> None:
    assert names(b'attachment; filename="' + WINDOWS_1258 + b'"') == (NAME,)
    tcvn3 = "Quyết định bổ nhiệm.doc"
    octets = b"Quy\xd5t \xae\xdenh b\xe6 nhi\xd6m.doc"
    assert names(b'attachment; filename="' + octets + b'"')[0] == tcvn3


@pytest.mark.parametrize(
    ("disposition", "kind", "expected"),
    [
        ("attachment; filename=a.pdf; filename=b.exe", "application/pdf", ("a.pdf", "b.exe")),
        ("attachment; filename=a.pdf", "application/pdf; name=b.exe", ("a.pdf", "b.exe")),
        ("attachment; filename=a.pdf; filename*=UTF-8''b.exe", "application/pdf", ("b.exe", "a.pdf")),
        ("attachment; filename=a.pdf\r\nContent-Disposition: inline; filename=b.exe", "x/y", ("a.pdf", "b.exe")),
        ("attachment", "x/y; name=a.pdf\r\nContent-Type: x/y; name=b.exe", ("a.pdf", "b.exe")),
        ("attachment; name=b.exe", "application/pdf; name=a.pdf", ("a.pdf", "b.exe")),
        ("attachment; filename*0=a.; filename*1=pdf; filename*3=.exe", "x/y", ("a.pdf", "a.pdf.exe")),
        ("attachment; filename*0=a.; filename*1=pdf; filename*1=exe", "x/y", ("a.pdf", "a.exe")),
        ("attachment; filename*1=a.exe", "x/y", ("a.exe",)),
        ('attachment; filename="a.exe".pdf"', "x/y", ('a.exe".pdf', "a.exe")),
        ('attachment; filename="a.pdf; filename=b.exe', "x/y", ("a.pdf", "a.pdf; filename=b.exe", "b.exe")),
        ("attachment; filename=a%2Eexe", "x/y", ("a%2Eexe", "a.exe")),
        (r'attachment; filename="C:\Tmp\a.pdf"', "x/y", ("a.pdf", r"C:\Tmp\a.pdf", "C:Tmpa.pdf")),
        ("attachment; filename=../../etc/a.pdf", "x/y", ("a.pdf", "../../etc/a.pdf")),
        ("attachment; filename*=iso-8859-1''c%C3%B3.pdf", "x/y", ("cÃ³.pdf", "có.pdf")),
        ('attachment; filename="a.exe. . "', "x/y", ("a.exe",)),
        ('attachment; filename=""', "x/y", ()),
        ("attachment; filename", "x/y", ()),
        ("attachment; filename=", "x/y; name=a.pdf", ("a.pdf",)),
        ('attachment; filename="/"', "x/y", ("/",)),
        ("attachment; filename=a.pdf", "application/pdf; name=a.pdf", ("a.pdf",)),
    ],
)
def test_every_reading_of_a_name_is_kept(disposition: str, kind: str, expected: tuple[str, ...]) -> None:
    assert names(disposition, kind) == expected


@pytest.mark.parametrize("hidden", ["\u202e", "\x00", "\x07", "\u200b", "\u2066", "\ufeff", "\xad"])
def test_hidden_characters_go_and_are_told(hidden: str) -> None:
    part = part_of(f'attachment; filename="bao{hidden}fdp.exe"')
    assert part.names == ("baofdp.exe",)
    assert PartProblem.HIDDEN_CHARACTERS in part.problems
    assert hidden.encode() in part.raw_name


def test_the_raw_name_is_what_came() -> None:
    assert part_of(f'attachment; filename="{word(NAME)}"').raw_name == word(NAME).encode()
    assert part_of(f"attachment; filename*=UTF-8''{quote(NAME)}").raw_name == f"UTF-8''{quote(NAME)}".encode()
    assert len(part_of(f"attachment; filename={'x' * 5000}").raw_name) == 1000


def test_a_long_name_keeps_its_ending() -> None:
    (name,) = names(f"attachment; filename={'x' * 3000}.pdf.exe")
    assert len(name) == 500
    assert name.endswith(".pdf.exe")


@pytest.mark.parametrize(
    "value",
    [
        "filename=" + "a" * 1_000_000,
        'filename="' + "\\" * 1_000_000,
        'filename="' + '\\"' * 500_000,
        '"' * 1_000_000,
        ";" * 1_000_000,
        ";=" * 500_000,
        "".join(f"; filename*{n}=x" for n in range(50_000)),
        "".join(f"; filename*{n}*=%41" for n in reversed(range(50_000))),
        "".join(f"; filename={n}.exe" for n in range(50_000)),
        "; filename=" + "=?utf-8?B?" * 100_000,
        "; filename=" + "=?utf-8?Q?=41?= " * 60_000,
        "; filename=" + "a\u0323\u0302" * 200_000,
        "; filename=" + "%41" * 300_000,
        "; filename=" + " " * 1_000_000 + "x",
        "; filename*=" + "'" * 1_000_000,
        "; filename=" + "/" * 1_000_000,
        "; filename=" + "(" * 1_000_000,
        "; " + "\r\n " * 300_000 + "filename=x",
    ],
)
def test_a_hostile_parameter_takes_no_time(value: str) -> None:
    data = f"Content-Type: x/y\r\nContent-Disposition: attachment; {value}\r\n\r\nbody".encode()
    began = time.process_time()
    (part,) = read_structure(data).parts
    assert time.process_time() - began < 3
    assert PartProblem.TOO_LARGE in part.problems
    assert data[part.body_start : part.end] == b"body"
    assert len(part.names) <= 8


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_octets_give_clean_names(disposition: bytes, kind: bytes) -> None:
    head = b"Content-Disposition: a; filename=" + disposition + b"\r\nContent-Type: a/b; name=" + kind
    for part in read_structure(head + b"\r\n\r\n").parts:
        for name in part.names:
            assert name == name.strip()
            assert name
            assert unicodedata.is_normalized("NFC", name)
            assert not any(ord(c) < 32 or c in "\x7f\u202e" for c in name)
