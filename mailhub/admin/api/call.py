"""One call of a program: its token, what it sent, and the transactions in which it acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.requests import Request

from mailhub.accounts.rights import Actor
from mailhub.accounts.web.tokens import find_token
from mailhub.admin.frame.came import Came
from mailhub.admin.frame.site import Site
from mailhub.errors import MailhubError

Query = TypeVar("Query", bound=BaseModel)
Body = TypeVar("Body", bound=BaseModel)


class TokenOver(MailhubError):
    """The token is none, or is not good any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Came, Generic[Query, Body]):
    """One call, as handlers see it. `language` is one of ours, by Accept-Language."""

    site: Site
    request: Request
    token: str
    language: str
    query: Query
    body: Body

    @contextmanager
    def acting(self) -> Iterator[tuple[Connection, Actor]]:
        """One transaction as the token's owner, whose token, account and rights are read again inside it: what was
        revoked a moment ago does nothing more. Reading writes down who read, and so it has one as well.

        Raises:
            TokenOver
        """
        with self.site.database.write() as connection:
            bearer = find_token(
                connection, self.token, settings=self.site.settings, ip=self.ip, at=self.at, writing=True
            )
            if bearer is None:
                raise TokenOver
            yield connection, bearer.actor

    def actor_now(self) -> Actor:
        """Who comes, for a service that opens its own transactions.

        Raises:
            TokenOver
        """
        with self.acting() as (_, actor):
            return actor
