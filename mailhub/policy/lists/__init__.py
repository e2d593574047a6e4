"""Lists as data, each with its source and date: private mail, state bodies, file sharing, file types, names.

What ships lies beside this file as `*.toml`; a province's own in `DIR/lists`. `screening/rules/shipped.py` reads them.
"""

from mailhub.policy.lists.lookup import (
    Lists,
    classify_domain,
    is_file_sharing,
    listing_of,
    provider_of,
    read_lists,
    under,
)
from mailhub.policy.lists.reading import ListError, Source

__all__ = [
    "ListError",
    "Lists",
    "Source",
    "classify_domain",
    "is_file_sharing",
    "listing_of",
    "provider_of",
    "read_lists",
    "under",
]
