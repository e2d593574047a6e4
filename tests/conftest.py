"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# No database of examples: a user who may not write the checkout runs the tests as well.
settings.register_profile("mailhub", database=None, deadline=None)
settings.load_profile("mailhub")

# Hashes and keys in tests are made often; two cores are shared by all of them.
os.environ.setdefault("OMP_NUM_THREADS", "1")
