"""`mailhub delegation`: somebody works in another's mailbox, with a login of their own."""

from __future__ import annotations

from datetime import datetime

import click

from mailhub.accounts import service
from mailhub.accounts.models import DelegationRight
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.periods import end_of, first_moment, period_options, period_words
from mailhub.clock import iso_time
from mailhub.mail.login_name import shared_login

RIGHT_WORDS = {
    DelegationRight.READ: "đọc thư",
    DelegationRight.DRAFT: "đọc thư và soạn thư nháp",
    DelegationRight.SEND: "đọc, soạn và gửi thư thay",
}


@click.group()
def delegation() -> None:
    """Others' work in a person's mailbox (ủy quyền): reading, drafting, sending, each under the own name.

    The delegate opens it in any mail client under the name MAILBOX*OWN-ADDRESS with the own password.

    \b
    Examples:
      mailhub --dir DIR delegation add gd.snv@tinh.gov.vn thuky@tinh.gov.vn --right draft --because "CV 15/SNV-VP"
      mailhub --dir DIR delegation list --account gd.snv@tinh.gov.vn
      mailhub --dir DIR delegation end gd.snv@tinh.gov.vn thuky@tinh.gov.vn --reason "chuyển công tác"
    """


@delegation.command("add")
@click.argument("mailbox")
@click.argument("delegate")
@click.option(
    "--right",
    type=click.Choice([right.value for right in DelegationRight]),
    required=True,
    help="read; draft: also write into Drafts; send: also send from it.",
)
@period_options
@click.option("--because", required=True, help="By whose decision; the delegate and the owner read it.")
@dry_run_option
@pass_environment
def delegation_add(
    environment: Environment,
    mailbox: str,
    delegate: str,
    *,
    right: str,
    from_: datetime | None,
    until: datetime | None,
    because: str,
    dry_run: bool,
) -> None:
    """Let DELEGATE work in the personal MAILBOX. Both are told by mail.

    \b
    Example:
      mailhub --dir DIR delegation add gd.snv@tinh.gov.vn thuky@tinh.gov.vn --right send \\
          --from 2026-12-01 --until 2026-12-15 --because "Giám đốc đi công tác, CV 15/SNV-VP"
    """
    times = {"from_at": first_moment(from_), "until_at": end_of(until)}
    given = DelegationRight(right)
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.delegate_mailbox(connection, actor, mailbox, delegate, given, because=because, **times)
    click.echo(
        f"Đã ủy quyền cho {delegate}: {RIGHT_WORDS[given]} của {mailbox}; "
        f"tên đăng nhập trong phần mềm thư: {shared_login(mailbox, delegate)}"
    )


@delegation.command("end")
@click.argument("mailbox")
@click.argument("delegate")
@reason_option(required=True)
@dry_run_option
@pass_environment
def delegation_end(environment: Environment, mailbox: str, delegate: str, *, reason: str, dry_run: bool) -> None:
    """End all that DELEGATE may do in MAILBOX, at once; open sessions end too."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.end_delegations(connection, actor, mailbox, delegate, reason=reason)
    click.echo(f"Đã chấm dứt ủy quyền của {mailbox} cho {delegate}")


@delegation.command("list")
@click.option("--account", default="", metavar="ADDRESS", help="Only what this account gave or was given.")
@click.option("--past", is_flag=True, help="Those that are over as well.")
@json_option
@pass_environment
def delegation_list(environment: Environment, *, account: str, past: bool, as_json: bool) -> None:
    """Who works in whose mailbox."""
    with looking(environment) as (connection, actor):
        found = service.list_delegations(connection, actor, account=account, past=past)
    tell_empty(found, as_json=as_json)
    for one in found:
        if as_json:
            until = None if one.until_at is None else iso_time(one.until_at)
            row = {"mailbox": one.mailbox, "delegate": one.delegate, "right": one.right, "because": one.because}
            print_json(row | {"now": one.now, "from": iso_time(one.from_at), "until": until})
        else:
            words = f"{RIGHT_WORDS[one.right]} {period_words(one.from_at, one.until_at)}"
            click.echo(f"{one.mailbox:<36} {one.delegate:<36} {words}  {one.because}".rstrip())
