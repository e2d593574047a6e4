"""Everything that can be done to accounts, in one place to look at.

Each function takes the caller's connection and leaves the commit to it, so that several can be one act. Each
write asks `rights.may`, leaves one row in the audit log and moves the directory's version on.
"""

from mailhub.accounts.creating import add_role_mailbox, create_account
from mailhub.accounts.credentials import set_password, unlock_account
from mailhub.accounts.life.changing import change_account
from mailhub.accounts.life.ending import announce, call_off
from mailhub.accounts.life.holding import hold_account, release_hold
from mailhub.accounts.life.leave import come_back, enter_leave
from mailhub.accounts.life.moving import transfer
from mailhub.accounts.lists import add_alias, remove_alias
from mailhub.accounts.login.app_passwords import revoke_app_passwords
from mailhub.accounts.login.changing import import_hash
from mailhub.accounts.mailboxes import (
    end_account,
    restore_account,
    set_home,
    suspend_account,
)
from mailhub.accounts.organisation import (
    add_agency,
    add_domain,
    change_agency,
    end_agency,
    end_domain,
    list_agencies,
    list_domains,
    move_agency,
    reopen_agency,
    set_domain_home,
    set_pool,
    tree,
)
from mailhub.accounts.people.people import change_person, show_person
from mailhub.accounts.reading import list_accounts, note_reading, show_account, verify_chain, why
from mailhub.accounts.sharing.delegation import delegate_mailbox, end_delegations, list_delegations
from mailhub.accounts.sharing.group_views import list_groups, show_group
from mailhub.accounts.sharing.groups import (
    add_group,
    add_member,
    add_officer,
    change_group,
    end_group,
    remove_member,
    remove_officer,
)
from mailhub.accounts.sharing.holdings import list_held, list_holdings
from mailhub.accounts.sharing.roles import enter_past_holding, hand_over_role, hold_role, release_role
from mailhub.accounts.system import ensure_system_addresses

__all__ = [
    "add_agency",
    "add_alias",
    "add_domain",
    "add_group",
    "add_member",
    "add_officer",
    "add_role_mailbox",
    "announce",
    "call_off",
    "change_account",
    "change_agency",
    "change_group",
    "change_person",
    "come_back",
    "create_account",
    "delegate_mailbox",
    "end_account",
    "end_agency",
    "end_delegations",
    "end_domain",
    "end_group",
    "ensure_system_addresses",
    "enter_leave",
    "enter_past_holding",
    "hand_over_role",
    "hold_account",
    "hold_role",
    "import_hash",
    "list_accounts",
    "list_agencies",
    "list_delegations",
    "list_domains",
    "list_groups",
    "list_held",
    "list_holdings",
    "move_agency",
    "note_reading",
    "release_hold",
    "release_role",
    "remove_alias",
    "remove_member",
    "remove_officer",
    "reopen_agency",
    "restore_account",
    "revoke_app_passwords",
    "set_domain_home",
    "set_home",
    "set_password",
    "set_pool",
    "show_account",
    "show_group",
    "show_person",
    "suspend_account",
    "transfer",
    "tree",
    "unlock_account",
    "verify_chain",
    "why",
]
