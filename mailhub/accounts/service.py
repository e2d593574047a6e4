"""Everything that can be done to accounts, in one place to look at.

Each function takes the caller's connection and leaves the commit to it, so that several can be one act. Each
write asks `rights.may`, leaves one row in the audit log and moves the directory's version on.
"""

from mailhub.accounts.credentials import set_password
from mailhub.accounts.lists import (
    add_alias,
    add_group,
    add_member,
    hold_role,
    release_role,
    remove_alias,
    remove_member,
)
from mailhub.accounts.mailboxes import (
    add_role_mailbox,
    create_account,
    end_account,
    restore_account,
    set_home,
    suspend_account,
)
from mailhub.accounts.organisation import (
    add_agency,
    add_domain,
    end_domain,
    list_agencies,
    list_domains,
    set_domain_home,
)
from mailhub.accounts.reading import list_accounts, note_reading, show_account, verify_chain, why
from mailhub.accounts.system import ensure_system_addresses

__all__ = [
    "add_agency",
    "add_alias",
    "add_domain",
    "add_group",
    "add_member",
    "add_role_mailbox",
    "create_account",
    "end_account",
    "end_domain",
    "ensure_system_addresses",
    "hold_role",
    "list_accounts",
    "list_agencies",
    "list_domains",
    "note_reading",
    "release_role",
    "remove_alias",
    "remove_member",
    "restore_account",
    "set_domain_home",
    "set_home",
    "set_password",
    "show_account",
    "suspend_account",
    "verify_chain",
    "why",
]
