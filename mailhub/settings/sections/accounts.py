"""How accounts live: addresses, ends, retention, reviews, hand-out of passwords, staff lists."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import AtLeastOne, Count, about


class AccountsSection(Section):
    """How accounts are named, announced, reviewed, kept and ended. / Vòng đời tài khoản."""

    naming: Literal["initials-given", "given-initials", "given.initials", "full"] = Field(
        default="given-initials",
        description='How an address is made from a name: for "Nguyễn Văn An", initials-given gives nvan, '
        "given-initials gives annv, given.initials gives an.nv, full gives nguyenvanan.",
        json_schema_extra=about(),
    )
    unit_suffix: bool = Field(
        default=False,
        description="Whether a new address carries the code of its agency: annv.snv@ instead of annv@.",
        json_schema_extra=about(),
    )
    request_days: AtLeastOne = Field(
        default=30,
        description="Days after which a request that nobody decided lapses.",
        json_schema_extra=about("days"),
    )
    idle_days: Count = Field(
        default=45,
        description="Days without a login after which the login is closed; mail still arrives. Leaders, role and "
        "service mailboxes are spared (QCVN 12:2026/BCA 3.7.2.7.6). 0 means never.",
        json_schema_extra=about("days", zero="never"),
    )
    retention_months_staff: AtLeastOne = Field(
        default=6,
        description="Months for which the ended mailbox of an official is kept (QĐ 652/QĐ-BTTTT, a ministry's rule: "
        "the province sets its own).",
        json_schema_extra=about("months"),
    )
    retention_months_head: AtLeastOne = Field(
        default=6,
        description="The same for heads of units (trưởng phòng).",
        json_schema_extra=about("months"),
    )
    retention_months_leader: AtLeastOne = Field(
        default=12,
        description="The same for leaders of agencies, communes and the province.",
        json_schema_extra=about("months"),
    )
    archive_years: Count = Field(
        default=5,
        description="Years for which the archive of an ended mailbox is kept before it is erased. 0 means for ever.",
        json_schema_extra=about("years", zero="for ever"),
    )
    review_days: AtLeastOne = Field(
        default=15,
        description="Days that agencies have to confirm their list in a quarterly review (QCVN 12:2026/BCA 3.7.2.5.2).",
        json_schema_extra=about("days"),
    )
    review_suspends: bool = Field(
        default=True,
        description="Whether accounts that nobody confirmed are suspended when a review closes.",
        json_schema_extra=about(),
    )
    slip_days: AtLeastOne = Field(
        default=14,
        description="Days within which the code on a slip must be used first.",
        json_schema_extra=about("days"),
    )
    slip_client_days: Annotated[int, Field(ge=0, le=30)] = Field(
        default=0,
        description="Where officials cannot reach the web: days for which a slip's code works in the mail client that "
        "used it first; after that the person needs a password or an app password of their own. 0 means the code only "
        "sets a password (https://HOST/k, or `mailhub account redeem`).",
        json_schema_extra=about("days", zero="the code only sets a password"),
    )
    recovery_minutes: AtLeastOne = Field(
        default=30,
        description="Minutes for which a recovery code is good.",
        json_schema_extra=about("minutes"),
    )
    recoveries_per_day: AtLeastOne = Field(
        default=3,
        description="Recovery codes that one account gets in 24 hours.",
        json_schema_extra=about("codes"),
    )
    roster_limit_percent: Annotated[int, Field(ge=0, le=100)] = Field(
        default=1,
        description="How many of an agency's accounts a staff list may end, in percent, before a second person "
        "must agree. 0 means one ended account is enough.",
        json_schema_extra=about("percent", zero="a second person for every end"),
    )
    undo_hours: Count = Field(
        default=24,
        description="Hours for which a staff list that was applied can be undone. 0 means it cannot.",
        json_schema_extra=about("hours", zero="it cannot"),
    )
    moderation_hours: AtLeastOne = Field(
        default=72,
        description="Hours for which a message to a moderated group waits for a moderator; then it is refused, and its "
        "sender told.",
        json_schema_extra=about("hours"),
    )
    proposal_hours: AtLeastOne = Field(
        default=72,
        description="Hours for which an act waits for its second person.",
        json_schema_extra=about("hours"),
    )
