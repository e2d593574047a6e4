from __future__ import annotations

from tests.support.databases import database

__all__ = ["database"]
