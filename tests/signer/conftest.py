"""A signer's folder for each test, with keys of the run's PKI."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailhub.signer.folder import Folder
from tests.support.pki import Pki, pki
from tests.support.signing_desk import furnish

__all__ = ["folder", "pki"]


@pytest.fixture
def folder(tmp_path: Path, pki: Pki) -> Folder:
    return furnish(tmp_path / "signer", pki)
