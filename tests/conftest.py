"""What all tests share."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent

# No database of examples: a user who may not write the checkout runs the tests as well.
settings.register_profile("mailhub", database=None, deadline=None)
settings.load_profile("mailhub")

# Hashes and keys in tests are made often; two cores are shared by all of them.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Tests here start servers: they wait more than they compute.
SERVED = ("browser", "cli", "durability", "integration", "ops", "signer")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start servers first, each followed by two that only compute.

    So the processors have work while somebody waits, and what ends the run is short. xdist keeps this order because of
    `--no-loadscope-reorder` (pyproject.toml).
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    served = [path for path in files if path.relative_to(HERE).parts[0] in SERVED]
    computing = [path for path in files if path not in set(served)]
    ordered = []
    for turn, path in enumerate(served):
        ordered += [path, *computing[2 * turn : 2 * turn + 2]]
    ordered += computing[2 * len(served) :]
    items[:] = [item for path in ordered for item in files[path]]


def pytest_collection_finish() -> None:
    """No collection of garbage looks through fifteen thousand tests: a full one took a second of some test."""
    gc.collect()
    gc.freeze()
