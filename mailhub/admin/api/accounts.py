"""`/accounts`: list, show, open, suspend, restore, end, and why somebody cannot log in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from mailhub.accounts import audit, service
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.people.naming import Naming, NamingRule
from mailhub.accounts.reading import Only
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.web.scopes import TokenScope
from mailhub.admin.api.account_models import (
    Account,
    AccountShort,
    AccountsWanted,
    Ending,
    NewAccount,
    Restoring,
    Suspension,
    Why,
    WhyWanted,
)
from mailhub.admin.api.call import Call
from mailhub.admin.api.endpoints import Endpoints
from mailhub.admin.api.models import Nothing, Page
from mailhub.text.plain import plain_line

READ, WRITE = TokenScope.ACCOUNTS_READ, TokenScope.ACCOUNTS_WRITE
ADDRESS = {"address": "The account's address."}
endpoints = Endpoints("accounts")


@endpoints.get("/accounts", READ, query=AccountsWanted, answers=Page[AccountShort], says="Accounts by address.")
def list_accounts(call: Call[AccountsWanted, Nothing]) -> Page[AccountShort]:
    """Those that the token's owner may see."""
    wanted = call.query
    with call.acting() as (connection, actor):
        found = service.list_accounts(
            connection, actor, after=wanted.after, limit=wanted.limit + 1, agency=wanted.agency,
            state=wanted.state or "", kind=wanted.kind or "", only=_only(wanted.only), text=wanted.words,
        )  # fmt: skip
        what = plain_line(" ".join(filter(None, (wanted.words, wanted.agency))))[:200] or "list"
        audit.record(connection, actor, Action.ACCOUNT_READ, Subject(kind="accounts", name=what), at=call.at)
    items = tuple(AccountShort.of(line) for line in found[: wanted.limit])
    return Page(items=items, next=items[-1].address if len(found) > wanted.limit else None)


@endpoints.get("/accounts/{address}", READ, places=ADDRESS, answers=Account, says="One account in full.")
def show_account(call: Call[Nothing, Nothing]) -> Account:
    """Looking is written down."""
    with call.acting() as (connection, actor):
        found = _shown(connection, actor, call)
        subject = Subject(kind="account", name=found.address)
        audit.record(connection, actor, Action.ACCOUNT_READ, subject, at=call.at)
    return found


@endpoints.get(
    "/accounts/{address}/why", READ, places=ADDRESS, query=WhyWanted, answers=Why,
    says="Why an account is as it is: what was changed and tried last.",
)  # fmt: skip
def why(call: Call[WhyWanted, Nothing]) -> Why:
    """With the reason, in the audit log."""
    address = call.path["address"]
    with call.acting() as (connection, actor):
        service.note_reading(connection, actor, address, reason=call.query.reason)
        story = service.why(connection, actor, address, settings=call.site.settings.passwords)
    return Why.of(story)


@endpoints.post("/accounts", WRITE, body=NewAccount, answers=Account, status=201, says="Open an account.")
def create(call: Call[Nothing, NewAccount]) -> Account:
    """Usable once a password is handed out, which no token can."""
    wanted, settings = call.body, call.site.settings
    naming = Naming(NamingRule(settings.accounts.naming), unit_suffix=settings.accounts.unit_suffix)
    with call.acting() as (connection, actor):
        number = service.create_account(
            connection, actor, wanted.address, wanted.name, agency=wanted.agency, kind=wanted.kind,
            title=wanted.title, naming=naming, quota_mib=wanted.quota_mib,
            default_quota_mib=settings.mailboxes.quota_mib, may_login=wanted.kind != "role", at=call.at,
        )  # fmt: skip
        made = load_mailbox(connection, number)
        assert made is not None
        return _shown(connection, actor, call, made.address)


@endpoints.post(
    "/accounts/{address}/suspend", WRITE, places=ADDRESS, body=Suspension, answers=Account,
    says="Close login and sending at once.",
)  # fmt: skip
def suspend(call: Call[Nothing, Suspension]) -> Account:
    """The doors close with the commit; the hub proves it afterwards (`mailhub account proof`)."""
    wanted = call.body
    with call.acting() as (connection, actor):
        service.suspend_account(
            connection, actor, call.path["address"], reason=wanted.reason, because=wanted.because,
            refuse_mail=wanted.refuse_mail, expect=wanted.expect, at=call.at,
        )  # fmt: skip
        return _shown(connection, actor, call)


@endpoints.post(
    "/accounts/{address}/restore", WRITE, places=ADDRESS, body=Restoring, answers=Account,
    says="Give back what the last suspension or end took.",
)  # fmt: skip
def restore(call: Call[Nothing, Restoring]) -> Account:
    """Within retention."""
    wanted = call.body
    with call.acting() as (connection, actor):
        service.restore_account(
            connection, actor, call.path["address"], reason=wanted.reason, because=wanted.because,
            expect=wanted.expect, at=call.at,
        )  # fmt: skip
        return _shown(connection, actor, call)


@endpoints.post(
    "/accounts/{address}/end", WRITE, places=ADDRESS, body=Ending, answers=Account,
    says="Revoke an account, or announce its end.",
)  # fmt: skip
def end(call: Call[Nothing, Ending]) -> Account:
    """With `on` it ends on that day, and its owner hears before."""
    wanted, address = call.body, call.path["address"]
    said = {"reason": wanted.reason, "because": wanted.because, "handover": wanted.handover}
    with call.acting() as (connection, actor):
        if wanted.on is not None:
            if wanted.unit_address:
                raise InvalidValue("an announced end takes the agency's address; unit_address is for an end at once")
            service.announce(connection, actor, address, wanted.on, expect=wanted.expect, at=call.at, **said)
        else:
            service.end_account(
                connection, actor, address, unit_address=wanted.unit_address, settings=call.site.settings.accounts,
                expect=wanted.expect, at=call.at, **said,
            )  # fmt: skip
        return _shown(connection, actor, call)


def _shown(connection: Connection, actor: Actor, call: Call[Any, Any], address: str = "") -> Account:
    return Account.of(service.show_account(connection, actor, address or call.path["address"], at=call.at))


def _only(words: tuple[str, ...]) -> tuple[Only, ...]:
    try:
        return tuple(Only(word) for word in words)
    except ValueError:
        raise InvalidValue(f"only: several of {', '.join(Only)}") from None
