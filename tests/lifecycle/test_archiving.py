"""An ended mailbox's mail in one file: all of it, or nothing was touched."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from mailhub.lifecycle import archiving

pytestmark = pytest.mark.unit


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "mail" / "nva"
    (made / "Maildir" / "cur").mkdir(parents=True)
    (made / "Maildir" / "cur" / "1.host:2,S").write_bytes(b"Subject: m\xe1\xba\xadt\r\n\r\nx")
    (made / "sieve").mkdir()
    (made / "sieve" / "loc.sieve").write_text("keep;")
    (made / ".dovecot.sieve").symlink_to("sieve/loc.sieve")
    return made


def test_every_file_is_in_the_archive_and_only_the_hub_reads_it(home: Path, tmp_path: Path) -> None:
    packed = archiving.pack(home, archiving.archive_path(tmp_path / "archive", 7))
    with tarfile.open(packed.path) as tar:
        assert tar.extractfile("./Maildir/cur/1.host:2,S").read() == b"Subject: m\xe1\xba\xadt\r\n\r\nx"  # type: ignore[union-attr]
    assert packed.path.stat().st_mode & 0o777 == 0o600
    assert home.exists()
    archiving.remove_home(home)
    archiving.remove_home(home)
    assert not home.exists()


def test_a_message_that_was_copied_to_another_folder_is_in_both(home: Path, tmp_path: Path) -> None:
    (home / "Maildir" / ".Archive" / "cur").mkdir(parents=True)
    copied = home / "Maildir" / ".Archive" / "cur" / "2.host:2,S"
    copied.hardlink_to(home / "Maildir" / "cur" / "1.host:2,S")  # so Dovecot copies
    packed = archiving.pack(home, archiving.archive_path(tmp_path / "archive", 7))
    assert packed.files == 4
    with tarfile.open(packed.path) as tar:
        tar.extractall(tmp_path / "back")
    for one in ("cur/1.host:2,S", ".Archive/cur/2.host:2,S"):
        assert (tmp_path / "back" / "Maildir" / one).read_bytes() == b"Subject: m\xe1\xba\xadt\r\n\r\nx"


def test_a_mailbox_that_changes_while_it_is_packed_is_left_alone(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = tarfile.TarFile.add

    def meanwhile(self: tarfile.TarFile, *words: object, **more: object) -> None:
        add(self, *words, **more)  # type: ignore[arg-type]
        if more.get("arcname") == ".":
            (home / "Maildir" / "cur" / "2.host:2,").write_bytes(b"late")

    monkeypatch.setattr(tarfile.TarFile, "add", meanwhile)
    target = archiving.archive_path(tmp_path / "archive", 7)
    with pytest.raises(archiving.CannotArchive, match="changed"):
        archiving.pack(home, target)
    assert not target.exists()
    assert list(target.parent.iterdir()) == []


def test_a_mailbox_that_never_got_mail_has_an_empty_archive(tmp_path: Path) -> None:
    packed = archiving.pack(tmp_path / "none", archiving.archive_path(tmp_path / "archive", 7))
    assert (packed.files, packed.octets) == (0, 0)
    archiving.destroy(packed.path)
    archiving.destroy(packed.path)
    assert not packed.path.exists()
