"""All endpoints, as the routes and the OpenAPI document have them."""

from __future__ import annotations

from mailhub.admin.api import accounts, documents, reports, tracing
from mailhub.admin.api.endpoints import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *accounts.endpoints.found,
    *tracing.endpoints.found,
    *documents.endpoints.found,
    *reports.endpoints.found,
)
