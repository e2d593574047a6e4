"""That the users of the units get to the hub's directory."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mailhub.serve.errors import CannotServe
from mailhub.serve.privileges import Identity, check_reachable

pytestmark = pytest.mark.unit
GROUP = 54321


def test_a_role_of_another_user_gets_in_by_the_group_that_its_unit_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with TemporaryDirectory(prefix="mailhub-reach-") as name:  # pytest's own folders let nobody through
        reach(Path(name), monkeypatch)


def reach(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory.chmod(0o750)
    other = Identity("signer", "signer", os.getuid() + 1, GROUP)
    monkeypatch.setattr(os, "geteuid", lambda: other.uid)
    monkeypatch.setattr(os, "getgroups", list)
    with pytest.raises(CannotServe, match="does not let the user 'signer' through"):
        check_reachable(directory, other)
    monkeypatch.setattr(os, "getgroups", lambda: [directory.stat().st_gid])
    check_reachable(directory, other)
