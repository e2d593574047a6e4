"""Facts in a column of text: JSON that we wrote ourselves, and that nobody shall stumble over all the same."""

from __future__ import annotations

import json
from typing import Any


def read_facts(text: str) -> dict[str, Any]:
    """The facts of a row; none when it is no JSON object."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
