"""`/k`: a password by the code of a printed slip, or of a recovery (wording § 2.4); and how to ask for such a code.

The code opens nothing else, and who types it wrong is counted as wrong passwords are. GET changes nothing: scanners of
links may open it.
"""

from __future__ import annotations

from starlette.responses import Response

from mailhub.accounts.errors import CodeRefused, WeakPassword
from mailhub.accounts.login import recovery
from mailhub.accounts.login.code_door import set_password_by_code
from mailhub.accounts.login.code_form import read_code
from mailhub.admin.doorway import LINES, later
from mailhub.admin.frame.access import PUBLIC
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.clock import now_ms
from mailhub.store.sealing import open_sealer

screens = Screens()
_WRONG_SECONDS = 1.0  # beside what is counted: nobody types codes faster


@screens.get("/k", PUBLIC, half=True, locked=True)
def show_code(visit: Visit) -> Response:
    """Address, code and new password."""
    return _page(visit, "")


@screens.get("/k/{code}", PUBLIC, half=True, locked=True)
def show_typed_code(visit: Visit) -> Response:
    """The same, the code typed as part of the address."""
    return _page(visit, read_code(visit.path["code"]) or "")


@screens.post("/k", PUBLIC, half=True, locked=True)
def set_by_code(visit: Visit) -> Response:
    """POST address, code, password, again."""
    form, settings = visit.form, visit.site.settings
    address, code = form.text("address", required=True, longest=320), form.text("code", required=True, longest=64)
    secret = form.secret("password")
    if not secret:
        form.mend("password", "web.form.required")
    elif secret != form.secret("again"):
        form.mend("again", "web.login.again.differs")
    if not form:
        return _page(visit, code, status=422)
    database = visit.site.database
    try:
        with LINES.place(address, visit.ip):
            set_password_by_code(database, address, code, secret, ip=visit.ip, at=visit.at, settings=settings)
    except CodeRefused:
        form.mend("", "web.login.k.wrong")
        return later(_page(visit, code, status=422), _WRONG_SECONDS)
    except WeakPassword as error:
        form.mend("password", "web.login.weak", why="; ".join(error.why))
        return _page(visit, code, status=422)
    return visit.go("/login", "web.login.k.done")


@screens.get("/recover", PUBLIC, half=True, locked=True)
def show_recovery(visit: Visit) -> Response:
    """Where somebody who lost the password asks for a code."""
    return visit.page("login/recover.html", sent=False)


@screens.post("/recover", PUBLIC, half=True, locked=True)
def ask_for_code(visit: Visit) -> Response:
    """POST address: a code goes to the private address that was registered, if there is one. The page says the same in
    any case."""
    address, settings = visit.form.text("address", required=True, longest=320), visit.site.settings
    if not visit.form:
        return visit.page("login/recover.html", status=422, sent=False)
    sealer, began = open_sealer(settings.keys_directory), now_ms()
    with LINES.place(address, visit.ip), visit.site.database.write() as connection:
        recovery.request(connection, address, ip=visit.ip, at=visit.at, settings=settings.accounts, sealer=sealer)
    # Whether there was anything to write must not show in the time that the answer takes.
    spent = (now_ms() - began) / 1000
    return later(visit.page("login/recover.html", sent=True), max(0.01, _WRONG_SECONDS - spent))


def _page(visit: Visit, code: str, *, status: int = 200) -> Response:
    # No stricter Referrer-Policy than everywhere (same-origin): with no-referrer browsers say "Origin: null" of this
    # very form (Fetch § 3.2), and it would be refused as somebody else's.
    return visit.page("login/code.html", status=status, code=code)
