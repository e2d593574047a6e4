"""Sealing to the officer: what went in comes out for that key alone, and whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailhub.incidents import sealing
from mailhub.incidents.errors import WrongKey

pytestmark = pytest.mark.unit
PASSPHRASE = "mật khẩu dài của cán bộ"


@pytest.fixture
def keys(tmp_path: Path) -> tuple[bytes, Path]:
    pem, line = sealing.make_key(PASSPHRASE)
    sealing.install_key(tmp_path, line)
    return pem, tmp_path


def sealed(folder: Path, data: bytes) -> Path:
    public = sealing.officer_key(folder)
    assert public is not None
    sealing.seal(public, data, folder / "sealed" / "1")
    return folder / "sealed" / "1"


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 300_000])
def test_what_goes_in_comes_out(keys: tuple[bytes, Path], size: int) -> None:
    pem, folder = keys
    data = bytes(i * 7 % 251 for i in range(size))
    path = sealed(folder, data)
    assert b"".join(sealing.unseal(pem, PASSPHRASE, path)) == data
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_of_it_lies_there(keys: tuple[bytes, Path]) -> None:
    assert b"Phuong an" not in sealed(keys[1], b"Phuong an tac chien" * 100).read_bytes()


def test_another_key_or_passphrase_opens_nothing(keys: tuple[bytes, Path]) -> None:
    path = sealed(keys[1], b"x")
    with pytest.raises(WrongKey):
        list(sealing.unseal(keys[0], "another", path))
    with pytest.raises(WrongKey):
        list(sealing.unseal(sealing.make_key(PASSPHRASE)[0], PASSPHRASE, path))
    with pytest.raises(WrongKey):
        list(sealing.unseal(b"no key", PASSPHRASE, path))


def test_what_was_changed_cut_or_swapped_is_refused(keys: tuple[bytes, Path]) -> None:
    path = sealed(keys[1], bytes(200_000))
    whole = path.read_bytes()
    head, piece = 72, 64 * 1024 + 16
    swapped = (
        whole[:head] + whole[head + piece : head + 2 * piece] + whole[head : head + piece] + whole[head + 2 * piece :]
    )
    cut = whole[: head + 2 * piece]
    for changed in (whole[:100] + b"\0\1" + whole[102:], swapped, cut, whole[:-1], whole[:head], whole + b"x"):
        path.write_bytes(changed)
        with pytest.raises(WrongKey):
            list(sealing.unseal(keys[0], PASSPHRASE, path))


def test_the_private_key_is_encrypted(keys: tuple[bytes, Path]) -> None:
    assert keys[0].startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_what_is_no_key_is_none(tmp_path: Path) -> None:
    assert sealing.officer_key(tmp_path) is None
    for text in ("", "x", "mailhub-officer-key !!", "mailhub-officer-key AAAA"):
        (tmp_path / sealing.PUBLIC_FILE).write_text(text)
        assert sealing.officer_key(tmp_path) is None
