"""The ground that mailboxes stand on: the tree of agencies, and the domains.

`agencies` enters and changes, `moving` rearranges, `ending` closes, `pools` keeps space within bounds, `display` shows.
"""

from mailhub.accounts.organisation.agencies import (
    AgencyChanges,
    add_agency,
    change_agency,
    find_agency_row,
    list_agencies,
)
from mailhub.accounts.organisation.display import TreeLine, tree
from mailhub.accounts.organisation.domains import (
    add_domain,
    domain_picture,
    end_domain,
    find_domain,
    is_official,
    list_domains,
    set_domain_home,
)
from mailhub.accounts.organisation.ending import end_agency, reopen_agency, take_over_due
from mailhub.accounts.organisation.moving import move_agency
from mailhub.accounts.organisation.pools import set_pool

__all__ = [
    "AgencyChanges",
    "TreeLine",
    "add_agency",
    "add_domain",
    "change_agency",
    "domain_picture",
    "end_agency",
    "end_domain",
    "find_agency_row",
    "find_domain",
    "is_official",
    "list_agencies",
    "list_domains",
    "move_agency",
    "reopen_agency",
    "set_domain_home",
    "set_pool",
    "take_over_due",
    "tree",
]
