"""Files out of archives: named as meant, counted while they come, and never more than is allowed."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.files.archive import read_archive
from mailhub.files.budget import Budget, budget_of
from mailhub.files.facts import DangerKind, Limits, Unreadable
from mailhub.files.members import Contents
from tests.support.archives import (
    Files,
    encrypted_7z,
    nested_zips,
    overlapping_zip,
    packed,
    rar4,
    rar5,
    zip_of,
    zip_with_raw_name,
)

pytestmark = pytest.mark.unit

FILES = [("Phòng/Công văn.txt", b"xin chao"), ("b.pdf", b"%PDF" * 50_000)]
MAKERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "zip": ("zip", lambda: zip_of(FILES)),
    "zip stored": ("zip", lambda: zip_of(FILES, zipfile.ZIP_STORED)),
    "zip bzip2": ("zip", lambda: zip_of(FILES, zipfile.ZIP_BZIP2)),
    "zip lzma": ("zip", lambda: zip_of(FILES, zipfile.ZIP_LZMA)),
    "7z": ("7z", lambda: packed("7zip", FILES)),
    "rar4": ("rar", lambda: rar4(FILES)),
    "rar5": ("rar", lambda: rar5(FILES)),
    "tar": ("tar", lambda: packed("pax", FILES)),
    "tar.gz": ("gz", lambda: packed("ustar", FILES, compression="gzip")),
    "tar.bz2": ("bz2", lambda: packed("ustar", FILES, compression="bzip2")),
    "tar.xz": ("xz", lambda: packed("ustar", FILES, compression="xz")),
    "tar.zst": ("zst", lambda: packed("ustar", FILES, compression="zstd")),
    "tgz called tar": ("tar", lambda: packed("ustar", FILES, compression="gzip")),
}
EVERY_KIND = sorted({kind for kind, _ in MAKERS.values()})


def purse(*, members: int = 1000, octets: int = 256 * 2**20, seconds: float = 20.0) -> Budget:
    return Budget(5, members, octets, time.monotonic() + seconds)


def read(data: bytes, kind: str = "zip", budget: Budget | None = None) -> Contents:
    return read_archive(memoryview(data), kind, budget=budget or purse())


def kinds(contents: Contents) -> set[DangerKind]:
    return {danger.kind for danger in contents.dangers}


@pytest.mark.parametrize("maker", MAKERS)
def test_files_come_out_with_their_names_and_octets(maker: str) -> None:
    kind, make = MAKERS[maker]
    contents = read(make(), kind)
    assert [(member.name, member.data) for member in contents.members] == [
        ("Công văn.txt", b"xin chao"), ("b.pdf", b"%PDF" * 50_000),
    ]  # fmt: skip
    assert contents.members[0].other_names == ("Phòng/Công văn.txt",)
    assert (contents.unreadable, contents.dangers) == (None, ())
    assert all((member.unreadable, member.dangers) == (None, ()) for member in contents.members)


def test_a_single_compressed_file_has_the_name_in_its_header() -> None:
    out = io.BytesIO()
    with gzip.GzipFile("Báo cáo.docx", "wb", fileobj=out) as file:
        file.write(b"x" * 1000)
    (member,) = read(out.getvalue(), "gz").members
    assert (member.name, member.data) == ("Báo cáo.docx", b"x" * 1000)
    (member,) = read(gzip.compress(bytes(2000)), "gz").members
    assert (member.name, member.data) == ("", bytes(2000))


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Công văn số 15.pdf".encode(), "Công văn số 15.pdf"),
        ("Công văn sô\u0301 15.pdf".encode("cp1258"), "Công văn số 15.pdf"),
        (b"Quy\xd5t \xae\xdenh b\xe6 nhi\xd6m.doc", "Quyết định bổ nhiệm.doc"),
        (b"a\x07b.txt", "ab.txt"),
    ],
)
def test_names_in_charsets_from_before_unicode_are_read(raw: bytes, name: str) -> None:
    assert read(zip_with_raw_name(raw)).members[0].name == name


def test_a_name_that_hides_something_is_told() -> None:
    (member,) = read(zip_of([("bao\u202efdp.exe", b"MZ")])).members
    assert member.name == "baofdp.exe"
    assert [danger.kind for danger in member.dangers] == [DangerKind.MISNAMED]


def test_the_directorys_name_and_the_files_own_are_both_kept_when_they_differ() -> None:
    data = zip_of([("aaa.txt", b"x")])
    at = data.rindex(b"aaa.txt")
    (member,) = read(data[:at] + b"bbb.exe" + data[at + 7 :]).members
    assert {member.name, *member.other_names} == {"aaa.txt", "bbb.exe"}


@pytest.mark.parametrize(
    "path", ["../../etc/cron.d/x", "/etc/x", "a/../../x", "C:\\Windows\\x", "..\\x", "\\\\host\\x"]
)
@pytest.mark.parametrize("kind", ["zip", "7z", "tar", "rar"])
def test_a_path_that_leads_out_is_told_and_goes_nowhere(kind: str, path: str) -> None:
    makers: dict[str, Callable[[Files], bytes]] = {
        "zip": zip_of,
        "rar": rar5,
        "7z": lambda files: packed("7zip", files),
        "tar": lambda files: packed("pax", files),
    }
    data = makers[kind]([(path, b"evil")])
    contents = read(data, kind)
    assert DangerKind.TRAVERSAL in kinds(contents)
    (member,) = contents.members
    assert (member.name, member.data) == ("x", b"evil")
    assert DangerKind.TRAVERSAL in {danger.kind for danger in member.dangers}


def test_a_link_is_not_a_file_and_tells_where_it_leads() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "../../etc/passwd"
        archive.addfile(link)
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        archive.addfile(tarfile.TarInfo("empty"))
    contents = read(out.getvalue(), "tar")
    assert [member.name for member in contents.members] == ["empty"]
    assert kinds(contents) == {DangerKind.TRAVERSAL}


@pytest.mark.parametrize(
    ("kind", "make", "names"),
    [
        ("zip", lambda: packed("zip", [("a", b"x")], options="zip:encryption=aes256", password="p"), ["a"]),
        ("zip", lambda: packed("zip", [("a", b"x")], options="zip:encryption=zipcrypt", password="p"), ["a"]),
        ("7z", lambda: encrypted_7z("mật.txt", headers=False), ["mật.txt"]),
        ("7z", lambda: encrypted_7z("a", headers=True), []),
        ("rar", lambda: rar4([("a", b"x")], encrypted=True), ["a"]),
        ("rar", lambda: rar4([("a", b"x")], encrypted_headers=True), []),
        ("rar", lambda: rar5([("a", b"x")], encrypted=True), ["a"]),
        ("rar", lambda: rar5([("a", b"x")], encrypted_headers=True), []),
    ],
)
def test_a_password_is_a_fact(kind: str, make: Callable[[], bytes], names: list[str]) -> None:
    contents = read(make(), kind)
    assert DangerKind.ENCRYPTED in kinds(contents)
    assert [member.name for member in contents.members] == names
    for member in contents.members:
        assert (member.data, member.unreadable) == (b"", Unreadable.ENCRYPTED)
    assert names or contents.unreadable is Unreadable.ENCRYPTED


def test_files_beside_an_encrypted_one_are_read() -> None:
    with_password = rar5([("a", b"x")], encrypted=True)
    mixed = with_password[:-8] + rar5([("b", b"open")])[8 + 8 :]
    contents = read(mixed, "rar")
    assert [(member.name, member.data, member.unreadable) for member in contents.members] == [
        ("a", b"", Unreadable.ENCRYPTED), ("b", b"open", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("zip", lambda: zip_of([("zeros", bytes(60_000_000))])),
        ("7z", lambda: packed("7zip", [("zeros", bytes(60_000_000))])),
        ("gz", lambda: gzip.compress(bytes(60_000_000))),
        ("xz", lambda: packed("ustar", [("zeros", bytes(60_000_000))], compression="xz")),
        ("zst", lambda: packed("ustar", [("zeros", bytes(60_000_000))], compression="zstd")),
    ],
)
def test_a_bomb_is_stopped_while_it_expands(kind: str, make: Callable[[], bytes]) -> None:
    data, budget = make(), purse()
    began = time.perf_counter()
    contents = read(data, kind, budget)
    assert time.perf_counter() - began < 2.0
    assert contents.unreadable is Unreadable.TOO_LARGE
    assert DangerKind.BOMB in kinds(contents)
    assert budget.octets > 200 * 2**20
    assert sum(len(member.data) for member in contents.members) == 0


def test_files_that_share_their_octets_are_a_bomb() -> None:
    contents = read(overlapping_zip(1000, bytes(100_000)))
    assert DangerKind.BOMB in kinds(contents)
    assert sum(len(member.data) for member in contents.members) <= 32 * 2**20


def test_two_archives_put_together_are_told() -> None:
    contents = read(zip_of([("shown.txt", b"x")]) + zip_of([("hidden.exe", b"MZ")]))
    assert kinds(contents) == {DangerKind.POLYGLOT}


def test_a_program_before_the_archive_is_not_a_second_archive() -> None:
    contents = read(b"MZ" + bytes(500) + zip_of(FILES))
    assert (len(contents.members), kinds(contents)) == (2, set())


def test_octets_are_counted_over_all_archives_together() -> None:
    budget = purse(octets=1_000_000)
    data = zip_of([("a", b"ab" * 200_000), ("b", b"cd" * 200_000)])
    assert read(data, budget=budget).unreadable is None
    second = read(data, budget=budget)
    assert second.unreadable is Unreadable.TOO_LARGE
    assert second.members[0].unreadable is Unreadable.TOO_LARGE
    assert len(second.members) == 1


@pytest.mark.parametrize("kind", ["zip", "tar", "7z"])
def test_files_beyond_the_number_allowed_are_not_read(kind: str) -> None:
    files = [(f"{n}", b"x") for n in range(3000)]
    data = zip_of(files) if kind == "zip" else packed({"tar": "ustar", "7z": "7zip"}[kind], files)
    contents = read(data, kind, purse(members=1000))
    assert contents.unreadable is Unreadable.TOO_MANY
    assert len(contents.members) == 1000


def test_folders_are_not_counted_to_the_end() -> None:
    data = zip_of([(f"{n}/", b"") for n in range(25_000)])
    began = time.perf_counter()
    contents = read(data)
    assert time.perf_counter() - began < 3.0
    assert (contents.members, contents.unreadable) == ((), Unreadable.TOO_MANY)


def test_time_that_is_up_ends_the_reading() -> None:
    assert read(zip_of(FILES), budget=purse(seconds=-1)).unreadable is Unreadable.TIME


def test_depth_is_given_back_on_the_way_up() -> None:
    budget = budget_of(Limits(depth=2))

    def descend(data: bytes) -> list[bool]:
        with budget.deeper() as allowed:
            if not allowed:
                return [False]
            (member,) = read(data, budget=budget).members
            return [True, *descend(member.data)]

    assert descend(nested_zips(50)) == [True, True, False]
    assert budget.depth == 2
    assert budget.spent() is None


@pytest.mark.parametrize("maker", MAKERS)
def test_archives_cut_short_anywhere_are_damaged_or_give_what_there_is(maker: str) -> None:
    kind, make = MAKERS[maker]
    data = make()
    for cut in {0, 1, 5, 20, *range(30, len(data), max(len(data) // 40, 1))}:
        contents = read(data[:cut], kind)
        assert all(member.data in (FILES[0][1], FILES[1][1][: len(member.data)]) for member in contents.members)
        complete = len(contents.members) == 2 and all(member.unreadable is None for member in contents.members)
        assert contents.unreadable or complete or any(member.unreadable for member in contents.members) or cut < 600


@given(st.sampled_from(sorted(MAKERS)), st.data())
@settings(max_examples=300)
def test_archives_with_octets_changed_never_raise(maker: str, draw: st.DataObject) -> None:
    kind, make = MAKERS[maker]
    data = bytearray(_CACHE.setdefault(maker, make()))
    ends = st.one_of(st.integers(0, min(200, len(data) - 1)), st.integers(max(len(data) - 300, 0), len(data) - 1))
    for at in draw.draw(st.lists(ends, min_size=1, max_size=4)):
        data[at] = draw.draw(st.integers(0, 255))
    contents = read(bytes(data), kind, purse(octets=20_000_000, seconds=5))
    assert sum(len(member.data) for member in contents.members) <= 20_000_000


_CACHE: dict[str, bytes] = {}


@given(st.sampled_from(EVERY_KIND), st.binary(max_size=400))
@settings(max_examples=200)
def test_random_octets_never_raise(kind: str, data: bytes) -> None:
    starts = {"zip": b"PK\3\4", "7z": b"7z\xbc\xaf\x27\x1c", "rar": b"Rar!\x1a\x07\x01\x00", "gz": b"\x1f\x8b\x08"}
    for octets in (data, starts.get(kind, b"BZh9") + data):
        assert isinstance(read(octets, kind), Contents)


def test_what_is_no_archive_kind_is_unsupported() -> None:
    assert read(b"x", "pdf").unreadable is Unreadable.UNSUPPORTED
    assert read(b"", "zip").unreadable is Unreadable.EMPTY
