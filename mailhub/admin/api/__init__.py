"""JSON for programs under `/api/v1`: accounts, trace, documents, reports.

The same services as the pages, and the same rights: a token acts for its owner, narrowed to its scopes. No cookie is
looked at here, so that no foreign page can use a session, and no token opens a page. docs/api.md has examples.
"""

from mailhub.admin.api.mounting import api_mount

__all__ = ["api_mount"]
