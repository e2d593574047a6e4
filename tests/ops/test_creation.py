"""Where `mailhub init` may make a hub, and what it leaves alone there."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mailhub.ops.creation import Plan, create_hub
from mailhub.ops.errors import CannotCreate


def plan(directory: Path) -> Plan:
    return Plan(directory=directory, domain="tinh.gov.vn", hostname="mx.tinh.gov.vn", province="", base_port=20000)


def test_a_hub_is_made_where_the_units_laid_the_folders_out_and_the_signer_s_stays_another_s() -> None:
    with TemporaryDirectory(prefix="mailhub-init-") as name:  # where the hub's user gets in too
        directory = Path(name)
        directory.chmod(0o755)
        for part in ("run", "signer"):
            (directory / part).mkdir(mode=0o700)
        theirs = directory / "signer" / "mandates.toml"
        theirs.write_text("")
        assert create_hub(plan(directory))
        assert theirs.stat().st_uid == (directory / "signer").stat().st_uid == os.getuid()


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(CannotCreate, match="not empty"):
        create_hub(plan(tmp_path))
