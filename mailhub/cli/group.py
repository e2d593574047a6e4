"""`mailhub group`: addresses that stand for several, by hand or computed from the tree."""

from __future__ import annotations

from dataclasses import asdict

import click

from mailhub.accounts import service
from mailhub.accounts.models import GroupSenders, GroupTask
from mailhub.accounts.sharing.groups import GroupChange
from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.group_moderation import approve, refuse, waiting
from mailhub.cli.group_views import group_lines, group_object, group_words

TASKS = {GroupTask.SENDER.value: "gửi thư đến", GroupTask.MODERATOR.value: "duyệt thư gửi"}
_senders = click.Choice([one.value for one in GroupSenders])
_task = click.option(
    "--task",
    type=click.Choice([one.value for one in GroupTask]),
    default=GroupTask.MODERATOR.value,
    help="sender: may write to it; moderator (default): lets others' mail go as well.",
)
_rule = click.option(
    "--rule", default=None, metavar="JSON", help='Who is in it, such as {"office":"van-thu","level":"xa"}.'
)


@click.group()
def group() -> None:
    """Addresses that stand for several (nhóm thư): lists made by hand, and groups computed from the tree.

    A rule is a JSON object whose keys narrow: unit (an agency and those below it), level, kind, rank (leader, head,
    staff), title (the first words of a post), office (role mailboxes: van-thu, mot-cua …), any (a list of rules),
    except (a rule). Whoever fits when a message comes gets it.

    \b
    Examples:
      mailhub --dir DIR group add vanthu.xa@tinh.gov.vn --name "Văn thư xã" --rule '{"office":"van-thu","level":"xa"}'
      mailhub --dir DIR group add lanhdao.snv@tinh.gov.vn --agency snv --rule '{"unit":"snv","rank":"leader"}'
      mailhub --dir DIR group add duan@tinh.gov.vn --name "Dự án số hóa" --owner nva@tinh.gov.vn --senders members
      mailhub --dir DIR group add-member duan@tinh.gov.vn ttb@tinh.gov.vn lvc@tinh.gov.vn
      mailhub --dir DIR group change toantinh@tinh.gov.vn --senders own --moderated
      mailhub --dir DIR --as nva@tinh.gov.vn group waiting
      mailhub --dir DIR --as nva@tinh.gov.vn group approve 7K4-QW2-M9
    """


@group.command("add")
@click.argument("address")
@click.option("--name", default="", help="What people read.")
@click.option("--agency", default="", metavar="CODE", help="Whose it is (default: the province itself).")
@_rule
@click.option("--owner", default="", metavar="ADDRESS", help="Who looks after its members.")
@click.option("--senders", type=_senders, default="anyone", help="Who may write to it (default: anyone).")
@click.option("--moderated", is_flag=True, help="What is written to it waits for its owner or a moderator.")
@dry_run_option
@pass_environment
def group_add(
    environment: Environment,
    address: str,
    *,
    name: str,
    agency: str,
    rule: str | None,
    owner: str,
    senders: str,
    moderated: bool,
    dry_run: bool,
) -> None:
    """Open a group address."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.add_group(
            connection,
            actor,
            address,
            name,
            agency=agency,
            rule=rule or "",
            owner=owner,
            senders=GroupSenders(senders),
            moderated=moderated,
        )
        number = service.show_group(connection, actor, address).number
    click.echo(f"Đã thêm nhóm {address}" + (f" ({number} thành viên theo quy tắc)" if rule else ""))


@group.command("change")
@click.argument("address")
@click.option("--name", default=None, help="What people read.")
@_rule
@click.option("--owner", default=None, metavar="ADDRESS", help="Who looks after it; '' for nobody.")
@click.option("--senders", type=_senders, default=None, help="Who may write to it.")
@click.option("--moderated/--not-moderated", default=None, help="Whether what is written to it waits for a moderator.")
@reason_option(required=False)
@dry_run_option
@pass_environment
def group_change(
    environment: Environment,
    address: str,
    *,
    name: str | None,
    rule: str | None,
    owner: str | None,
    senders: str | None,
    moderated: bool | None,
    reason: str,
    dry_run: bool,
) -> None:
    """Give a group another owner, rule or name, or say anew who may write to it.

    With --rule '' a computed group becomes one by hand, with nobody in it yet.
    """
    change = GroupChange(
        name=name,
        rule=rule,
        owner=owner,
        senders=None if senders is None else GroupSenders(senders),
        moderated=moderated,
    )
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.change_group(connection, actor, address, change, reason=reason)
    click.echo(f"Đã thay đổi nhóm {address}")


@group.command("add-member")
@click.argument("address")
@click.argument("members", nargs=-1, required=True)
@dry_run_option
@pass_environment
def group_add_member(environment: Environment, address: str, members: tuple[str, ...], *, dry_run: bool) -> None:
    """Put mailboxes or other groups into the group ADDRESS; all of them or none."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        for member in members:
            service.add_member(connection, actor, address, member)
    click.echo(f"Đã thêm {len(members)} thành viên vào {address}")


@group.command("remove-member")
@click.argument("address")
@click.argument("member")
@dry_run_option
@pass_environment
def group_remove_member(environment: Environment, address: str, member: str, *, dry_run: bool) -> None:
    """Take a member out of the group ADDRESS."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.remove_member(connection, actor, address, member)
    click.echo(f"Đã đưa {member} ra khỏi {address}")


@group.command("add-officer")
@click.argument("address")
@click.argument("officer")
@_task
@dry_run_option
@pass_environment
def group_add_officer(environment: Environment, address: str, officer: str, *, task: str, dry_run: bool) -> None:
    """Name OFFICER moderator of the group ADDRESS, or one of those who may write to it."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.add_officer(connection, actor, address, officer, GroupTask(task))
    click.echo(f"{officer} {TASKS[task]} nhóm {address}")


@group.command("remove-officer")
@click.argument("address")
@click.argument("officer")
@_task
@dry_run_option
@pass_environment
def group_remove_officer(environment: Environment, address: str, officer: str, *, task: str, dry_run: bool) -> None:
    """OFFICER moderates the group ADDRESS no longer, or is no named sender of it any more."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.remove_officer(connection, actor, address, officer, GroupTask(task))
    click.echo(f"{officer} thôi {TASKS[task]} nhóm {address}")


@group.command("end")
@click.argument("address")
@reason_option(required=True)
@dry_run_option
@pass_environment
def group_end(environment: Environment, address: str, *, reason: str, dry_run: bool) -> None:
    """The group ADDRESS takes no mail any more; nobody gets its address again."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        service.end_group(connection, actor, address, reason=reason)
    click.echo(f"Đã ngừng nhóm {address}")


@group.command("list")
@click.option("--agency", default="", metavar="CODE", help="Only the groups of this agency and those below it.")
@click.option("--ended", is_flag=True, help="Those that take no mail any more as well.")
@json_option
@pass_environment
def group_list(environment: Environment, *, agency: str, ended: bool, as_json: bool) -> None:
    """List groups in the order of their addresses."""
    after = ""
    while True:
        with looking(environment) as (connection, actor):
            page = service.list_groups(connection, actor, agency=agency, ended=ended, after=after)
        for line in page:
            print_json(asdict(line)) if as_json else click.echo(group_words(line))
        if not page:
            return
        after = page[-1].address


@group.command("show")
@click.argument("address")
@click.option("--after", default="", metavar="ADDRESS", help="Begin with the members behind this address.")
@click.option("--limit", type=click.IntRange(0), default=1000, help="How many members are shown (default: 1000).")
@json_option
@pass_environment
def group_show(environment: Environment, address: str, *, after: str, limit: int, as_json: bool) -> None:
    """Show a group: its rule, who may write to it, who has a say in it, and its members."""
    with looking(environment) as (connection, actor):
        report = service.show_group(connection, actor, address, after=after.casefold(), limit=limit)
    if as_json:
        print_json(group_object(report))
        return
    for line in group_lines(report):
        click.echo(line)


for command in (waiting, approve, refuse):
    group.add_command(command)
