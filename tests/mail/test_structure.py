"""Where the parts of a message lie, and what they are to its reader."""

from __future__ import annotations

import mmap
import tempfile

import pytest

from mailhub.mail.parts import Part, PartProblem, Role
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body
from tests.support.mails import attached, leaf, multipart

pytestmark = pytest.mark.unit


def shape(data: bytes) -> list[tuple[str, Role]]:
    return [(part.path, part.role) for part in read_structure(data).parts]


def only(data: bytes) -> Part:
    structure = read_structure(data)
    assert len(structure.parts) == 1
    return structure.parts[0]


def test_a_plain_message_is_one_text_part() -> None:
    data = leaf("Subject: x\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8BIT", b"chao\r\n")
    part = only(data)
    assert (part.path, part.role, part.type, part.charset, part.encoding) == (
        "1", Role.TEXT, "text/plain", "utf-8", "8bit",
    )  # fmt: skip
    assert data[part.body_start : part.end] == b"chao\r\n"


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\n", b"\r\n\r\nbody", b"Subject: x", b"no header\x00", b"--b"])
def test_what_is_hardly_a_message_still_has_one_part(data: bytes) -> None:
    part = only(data)
    assert (part.type, part.start, part.end) == ("text/plain", 0, len(data))
    assert part.body_start <= part.end


def test_offsets_are_those_of_the_octets_between_delimiters() -> None:
    data = multipart([leaf("", b"one"), attached(b"%PDF", "a.pdf"), leaf("Content-Type: text/html", b"<b>")])
    structure = read_structure(data)
    assert shape(data) == [("", Role.CONTAINER), ("1", Role.TEXT), ("2", Role.ATTACHMENT), ("3", Role.TEXT)]
    bodies = [data[part.body_start : part.end] for part in structure.parts[1:]]
    assert bodies == [b"one", b"JVBERg==\r\n", b"<b>"]
    assert all(data[part.end :].startswith(b"\r\n--b0") for part in structure.parts[1:])
    assert structure.parts[0].end == len(data)
    assert structure.problems == ()
    assert [part.name for part in structure.files] == ["a.pdf"]


def test_a_mapped_file_and_a_view_are_read_like_bytes() -> None:
    data = multipart([leaf("", b"y" * 700_000), attached(b"z" * 600_000, "z.bin")])
    expected = read_structure(data)
    assert len(expected.parts) == 3
    assert read_structure(memoryview(data)) == expected
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert read_structure(mapped) == expected


def test_a_delimiter_across_the_edge_of_a_window_is_found() -> None:
    for length in range(256 * 1024 - 150, 256 * 1024 - 20, 3):
        data = multipart([leaf("", b"y" * length), leaf("", b"z")])
        assert len(read_structure(memoryview(data)).parts) == 3


def test_bare_line_feeds_divide_as_well() -> None:
    data = multipart([leaf("", b"one"), leaf("Content-Type: text/html", b"two")]).replace(b"\r\n", b"\n")
    parts = read_structure(data).parts
    assert [data[part.body_start : part.end] for part in parts[1:]] == [b"one", b"two"]


def test_space_after_a_delimiter_is_padding() -> None:
    data = multipart([leaf("", b"one"), leaf("", b"two")]).replace(b"--b0\r\n", b"--b0 \t \r\n")
    assert len(read_structure(data).parts) == 3


def test_parts_without_header_or_without_body_are_parts() -> None:
    data = leaf(
        'Content-Type: multipart/mixed; boundary="b"', b"--b\r\n--b\r\nX: y\r\n--b\r\n\r\n--b\r\n\r\nz\r\n--b--"
    )
    parts = read_structure(data).parts
    assert [data[part.body_start : part.end] for part in parts[1:]] == [b"", b"", b"", b"z"]
    assert all(part.start <= part.body_start <= part.end for part in parts)


def test_a_boundary_that_begins_another_is_told_from_it() -> None:
    inner = multipart([leaf("", b"one"), leaf("", b"two")], boundary="b1", subtype="alternative")
    data = multipart([inner, leaf("", b"three")], boundary="b")
    assert [path for path, _ in shape(data)] == ["", "1", "1.1", "1.2", "2"]
    assert all(PartProblem.AMBIGUOUS not in part.problems for part in read_structure(data).parts)


def test_a_line_that_only_begins_like_a_delimiter_divides_nothing_but_is_told() -> None:
    data = multipart([leaf("", b"one\r\n--b0x\r\nContent-Type: application/x-evil\r\n\r\nhidden")])
    parts = read_structure(data).parts
    assert len(parts) == 2
    assert PartProblem.AMBIGUOUS in parts[0].problems


def test_delimiters_after_the_end_divide_nothing_but_are_told() -> None:
    data = multipart([leaf("", b"one")]) + b"--b0\r\nContent-Type: application/x-evil\r\n\r\nhidden\r\n--b0--\r\n"
    parts = read_structure(data).parts
    assert len(parts) == 2
    assert PartProblem.AMBIGUOUS in parts[0].problems


def test_an_outer_delimiter_ends_what_lies_within() -> None:
    inner = leaf('Content-Type: multipart/alternative; boundary="in"', b"--in\r\n\r\nunclosed")
    parts = read_structure(multipart([inner, leaf("", b"after")])).parts
    assert [(part.path, part.problems) for part in parts] == [
        ("", ()), ("1", (PartProblem.UNFINISHED,)), ("1.1", ()), ("2", ()),
    ]  # fmt: skip


def test_the_same_boundary_within_itself_belongs_to_the_inner_one_until_that_ends() -> None:
    data = multipart([multipart([leaf("", b"one")], boundary="b"), leaf("", b"two")], boundary="b")
    assert [path for path, _ in shape(data)] == ["", "1", "1.1", "2"]


@pytest.mark.parametrize("boundary", ['; boundary=""', "", "; boundary", "; boundary=never"])
def test_a_multipart_whose_parts_cannot_be_found_says_so(boundary: str) -> None:
    data = leaf(f"Content-Type: multipart/mixed{boundary}", b"--\r\n\r\nx\r\n----\r\n--b--\r\n")
    part = only(data)
    assert part.role is Role.CONTAINER
    assert part.problems == (PartProblem.NO_BOUNDARY,)


def test_a_missing_end_is_told() -> None:
    data = multipart([leaf("", b"one")]).replace(b"--b0--\r\n", b"")
    structure = read_structure(data)
    assert structure.parts[0].problems == (PartProblem.UNFINISHED,)
    assert len(structure.parts) == 2


def test_forwarded_messages_are_walked_and_say_whose_parts_are_in_them() -> None:
    forwarded = multipart([leaf("", b"old"), attached(b"1", "cũ.pdf")], boundary="fw", header="Subject: old")
    plain = leaf("Subject: older", b"text").replace(b"\r\n", b"\n")
    data = multipart([leaf("", b"see"), leaf("Content-Type: message/rfc822", forwarded),
                      leaf("Content-Type: message/global", plain)])  # fmt: skip
    parts = read_structure(data).parts
    assert [(part.path, part.role, part.forwarded_in) for part in parts] == [
        ("", Role.CONTAINER, ""),
        ("1", Role.TEXT, ""),
        ("2", Role.MESSAGE, ""),
        ("2.TEXT", Role.CONTAINER, "2"),
        ("2.1", Role.TEXT, "2"),
        ("2.2", Role.ATTACHMENT, "2"),
        ("3", Role.MESSAGE, ""),
        ("3.1", Role.TEXT, "3"),
    ]
    message, inner = parts[2], parts[3]
    assert (inner.start, inner.end) == (message.body_start, message.end)
    assert data[parts[7].body_start : parts[7].end] == b"text"


def test_a_forwarded_message_in_base64_is_a_file() -> None:
    part = only(leaf("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", b"U3ViamVjdDogeAo="))
    assert part.role is Role.ATTACHMENT


def test_parts_of_a_digest_are_messages_unless_they_say_otherwise() -> None:
    data = multipart([leaf("", leaf("Subject: a", b"one")), leaf("Content-Type: text/plain", b"x")], subtype="digest")
    assert shape(data)[1:] == [("1", Role.MESSAGE), ("1.1", Role.TEXT), ("2", Role.TEXT)]


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("Content-Type: text/html", Role.TEXT),
        ("Content-Type: text/plain; name=a.txt", Role.ATTACHMENT),
        ("Content-Type: text/plain\nContent-Disposition: attachment", Role.ATTACHMENT),
        ("Content-Type: text/plain\nContent-Disposition: inline", Role.TEXT),
        ("Content-Type: text/csv", Role.ATTACHMENT),
        ("Content-Type: nonsense", Role.TEXT),
        ("Content-Type: text/plain\nContent-Type: application/pdf", Role.ATTACHMENT),
        ("Content-Type: application/pdf", Role.ATTACHMENT),
        ("Content-Type: image/png", Role.ATTACHMENT),
        ("Content-Type: image/png; name=logo.png\nContent-ID: <logo@x>", Role.INLINE),
        ("Content-Type: image/png; name=a.png\nContent-ID: <a>\nContent-Disposition: attachment", Role.ATTACHMENT),
        ("Content-Type: application/pkcs7-signature; name=smime.p7s", Role.SIGNATURE),
        ("Content-Type: application/pgp-signature", Role.SIGNATURE),
        ("Content-Type: application/pkcs7-mime; name=smime.p7m", Role.ATTACHMENT),
        ("Content-Type: message/delivery-status", Role.REPORT),
        ("Content-Type: text/rfc822-headers", Role.REPORT),
        ("Content-Type: message/delivery-status; name=a.exe", Role.ATTACHMENT),
        ("Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64", Role.ATTACHMENT),
        ("Content-Type: message/partial; id=x", Role.ATTACHMENT),
    ],
)
def test_the_role_of_a_part(header: str, role: Role) -> None:
    data = multipart([leaf(header, b"")])
    assert read_structure(data).parts[1].role is role


def test_pictures_of_a_related_body_are_inline_whatever_they_say() -> None:
    picture = leaf("Content-Type: image/png; name=a.png\nContent-Disposition: attachment", b"")
    data = multipart([leaf("Content-Type: text/html", b""), picture], subtype="related")
    assert shape(data)[2] == ("2", Role.INLINE)
    assert shape(multipart([leaf("", b""), picture]))[2] == ("2", Role.ATTACHMENT)


def test_two_types_are_both_told() -> None:
    part = only(leaf("Content-Type: text/plain\nContent-type: Application/PDF; name=a.pdf", b""))
    assert part.types == ("text/plain", "application/pdf")
    assert part.name == "a.pdf"


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: text/plain\nContent-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64",
        "Content-Type: multipart/mixed; boundary=a; boundary=b",
        "Content-Type: multipart/mixed; boundary=a\nContent-Type: multipart/mixed; boundary=b",
        "Content-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: base64",
        "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=a",
        "Content-Type: multipart/mixed; boundary=a\nContent-Type: text/plain",
    ],
)
def test_headers_that_others_may_read_otherwise_are_told(header: str) -> None:
    assert PartProblem.AMBIGUOUS in only(leaf(header, b"")).problems


@pytest.mark.parametrize(
    "parameter",
    [
        'boundary="=_a b"; charset=x',
        'charset=x;\n\tboundary="=_a b"',
        'boundary*0="=_a"; boundary*1=" b"',
        "boundary*=us-ascii''=_a b",
        'BOUNDARY = "=_a b   "',
        'boundary="=_a b" (comment)',
    ],
)
def test_a_boundary_is_found_however_it_is_written(parameter: str) -> None:
    header = f"Content-Type: multipart/mixed; {parameter}".replace("\n\t", "\r\n\t").encode()
    data = header + b"\r\n\r\n--=_a b\r\n\r\none\r\n--=_a b--\r\n"
    structure = read_structure(data)
    assert len(structure.parts) == 2
    assert structure.parts[0].problems == ()


def test_a_comment_is_no_part_of_the_type() -> None:
    assert only(leaf("Content-Type: text/html (no; really)", b"")).type == "text/html"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("APPLICATION/PDF", "application/pdf"),
        ("application/p\x00df", "application/pdf"),
        ('"application/pdf"', "application/pdf"),
        ("pdf", "text/plain"),
        ("application/pdf/x", "text/plain"),
        ("/pdf", "text/plain"),
        ("", "text/plain"),
        ("\xff\xfe", "text/plain"),
        ("a/" + "b" * 1000, "a/" + "b" * 198),
    ],
)
def test_a_type_is_a_clean_word_or_that_of_a_text(value: str, kind: str) -> None:
    assert only(leaf(f"Content-Type: {value}", b"")).type == kind


def test_the_body_of_an_attachment_comes_out_decoded() -> None:
    data = multipart([attached(b"octets \x00\xff" * 100, "x.bin")])
    assert decode_body(data, read_structure(data).parts[1]) == (b"octets \x00\xff" * 100, False)
