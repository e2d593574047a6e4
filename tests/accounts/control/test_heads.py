"""Signed heads of the audit log: what a rewritten log cannot bear out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailhub.accounts import audit, service
from mailhub.accounts.control.heads import Head, broken_head, kept_heads, open_signer, read_heads, seal_day
from mailhub.accounts.life.models import Letter
from mailhub.accounts.records import AuditHead, AuditRow
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable
from tests.support.accounts import ROOT

HUB, DAY = "tinh.gov.vn", date(2026, 11, 22)


def seal(database: Database, keys: Path, day: date = DAY) -> Head | None:
    with database.write() as c:
        return seal_day(c, open_signer(keys), HUB, day, ["witness@khac.gov.vn"])


def rewrite(database: Database) -> None:
    """What somebody with the database does who knows how the chain is made."""
    with database.write() as c:
        previous = audit.GENESIS
        for row in c.execute(select(AuditRow.__table__).order_by(AuditRow.id)).mappings().all():
            changed = {**row, "previous_hash": previous, "reason": "khác" if row["id"] == 2 else row["reason"]}
            changed["hash"] = previous = audit._digest(changed)
            c.execute(update(AuditRow).where(AuditRow.id == row["id"]).values(**changed))
        c.execute(update(AuditHead).values(hash=previous))


def test_a_head_is_sealed_once_a_day_and_told_to_the_witnesses(province: Database, tmp_path: Path) -> None:
    head = seal(province, tmp_path)
    assert head is not None
    assert seal(province, tmp_path) is None
    with province.read() as c:
        letters = c.execute(select(Letter.to_address, Letter.facts)).all()
        assert kept_heads(c, HUB) == [head]
    assert [letter.to_address for letter in letters] == ["witness@khac.gov.vn"]
    assert (tmp_path / "audit.key").stat().st_mode & 0o777 == 0o600


def test_a_log_that_grows_bears_its_heads_out(province: Database, tmp_path: Path) -> None:
    head = seal(province, tmp_path)
    assert head is not None
    with province.write() as c:
        service.add_agency(c, ROOT, "moi", "Đơn vị mới")
    with province.read() as c:
        assert broken_head(c, HUB, [head], trusted=open_signer(tmp_path).public) is None


def test_a_log_rewritten_whole_passes_the_chain_and_fails_at_the_head(province: Database, tmp_path: Path) -> None:
    head = seal(province, tmp_path)
    rewrite(province)
    with province.read() as c:
        assert audit.verify_chain(c).ok
        assert broken_head(c, HUB, kept_heads(c, HUB)) == head


def test_a_witness_finds_out_also_when_the_heads_here_were_made_anew(province: Database, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    head = seal(province, tmp_path / "a")
    assert head is not None
    saved = f"Subject: x\r\n\r\nKính gửi,\r\n{head.text()}".replace("\n", "\r\n")
    assert read_heads(saved) == [head]
    forged = open_signer(tmp_path / "b").sign(HUB, head.day, head.row, head.hash)
    with province.read() as c:
        assert broken_head(c, HUB, read_heads(saved), trusted=head.key) is None
        assert broken_head(c, HUB, [forged], trusted=head.key) == forged
        assert broken_head(c, HUB, [forged]) is None  # without a key to trust only the hash speaks


def test_a_key_file_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "audit.key").write_text("không phải khóa")
    with pytest.raises(StoreUnavailable, match=r"audit\.key"):
        open_signer(tmp_path)
