"""From errors to problem details (RFC 9457): the only place of the API that knows both.

What a token may not see does not exist, as on the pages (frame/faults.py). `detail` is the error's own English line,
which names nothing that the caller did not send; the title is in the caller's language.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from mailhub.accounts.errors import ChangedMeanwhile, NameTaken, NotAllowed, NotFound, WrongState
from mailhub.admin.api.call import TokenOver
from mailhub.admin.api.models import FieldFault, Problem
from mailhub.errors import MailhubError, TemporaryError
from mailhub.i18n import texts
from mailhub.ids import new_code

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
# One of these stands for each in the catalogue: `api.problem.…`.
STATUS = {
    "bad-request": 400,
    "no-token": 401,
    "scope": 403,
    "not-found": 404,
    "method": 405,
    "conflict": 409,
    "too-large": 413,
    "media-type": 415,
    "refused": 422,
    "too-many": 429,
    "unforeseen": 500,
    "temporary": 503,
}


@dataclass(frozen=True, slots=True)
class Fault(Exception):
    """Something to be told as a problem; `kind` is a key of `STATUS`."""

    kind: str
    detail: str = ""
    errors: tuple[FieldFault, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def fault_of(error: Exception) -> Fault:
    """What to tell of an error that a handler raised."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, TokenOver):
        return no_token("invalid_token")
    if isinstance(error, (NotAllowed, NotFound)) or type(error).__name__.startswith("NoSuch"):
        return Fault("not-found")
    if isinstance(error, (ChangedMeanwhile, WrongState, NameTaken)):
        return Fault("conflict", str(error))
    if isinstance(error, TemporaryError):
        return Fault("temporary", headers={"Retry-After": "5"})
    if isinstance(error, MailhubError):
        return Fault("refused", str(error))
    return Fault("unforeseen")


def no_token(error: str = "") -> Fault:
    """RFC 6750 § 3: without a token no error is named."""
    told = f', error="{error}"' if error else ""
    return Fault("no-token", headers={"WWW-Authenticate": f'Bearer realm="mailhub"{told}'})


def out_of_scope(scope: str) -> Fault:
    """RFC 6750 § 3.1: the token is good, and not for this."""
    told = f'Bearer realm="mailhub", error="insufficient_scope", scope="{scope}"'
    return Fault("scope", f"this token lacks the scope {scope}", headers={"WWW-Authenticate": told})


def malformed(error: ValidationError, what: str) -> Fault:
    """Fields that did not fit; their values are not repeated."""
    faults: Sequence[FieldFault] = [
        FieldFault(field=".".join(map(str, one["loc"])) or what, message=one["msg"])
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return Fault("bad-request", f"the {what} does not fit", tuple(faults[:20]))


def tell(fault: Fault, *, language: str, error: Exception | None = None, where: str = "") -> Response:
    """The answer; an unforeseen one is logged under its identifier, with its traceback, which nobody else sees."""
    ident = new_code()
    if fault.kind == "unforeseen":
        log.error("fault %s at %s", ident, where, exc_info=error)
    problem = Problem(
        type=f"urn:mailhub:problem:{fault.kind}",
        title=texts(language)(f"api.problem.{fault.kind}"),
        status=STATUS[fault.kind],
        detail=fault.detail,
        instance=f"urn:mailhub:fault:{ident}",
        id=ident,
        errors=fault.errors,
    )
    shown = problem.model_dump(exclude_defaults=True)
    return JSONResponse(shown, problem.status, headers=dict(fault.headers), media_type=MEDIA_TYPE)
