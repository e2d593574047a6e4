"""One Dovecot a module, one mailbox a test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.mailboxes.inject_door import InjectDoor
from tests.support.dovecot import Account, RunningDovecot

_numbers = count(1)


@pytest.fixture(scope="module")
def mailboxes() -> Iterator[RunningDovecot]:
    with RunningDovecot({}) as running:
        yield running


@pytest.fixture
def address(mailboxes: RunningDovecot) -> str:
    """A mailbox of this test's own."""
    name = f"can.bo{next(_numbers)}@tinh.test"
    mailboxes.accounts[name] = Account()
    return name


@pytest.fixture
def door(mailboxes: RunningDovecot) -> Iterator[InjectDoor]:
    with InjectDoor(mailboxes.plan.inject_socket, mailboxes.plan.uid) as door:
        yield door
