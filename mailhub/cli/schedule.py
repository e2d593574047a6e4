"""`mailhub schedule`: what time alone does to accounts, looked at or done now instead of within the hour."""

from __future__ import annotations

import click

from mailhub.accounts.directory import Directory
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Subject, may
from mailhub.cli.acting import json_option, looking, print_json
from mailhub.cli.environment import Environment, pass_environment
from mailhub.errors import MailhubError
from mailhub.lifecycle.daily import Schedule
from mailhub.serve.backends import mailbox_home
from mailhub.serve.process import spool_of
from mailhub.serve.tasks import report_tasks

TASK_WORDS = {
    "leave-begins": "bắt đầu nghỉ",
    "leave-over": "hết thời gian nghỉ",
    "agency-ended": "đơn vị đã kết thúc, đơn vị kế thừa tiếp nhận",
    "announced": "đã báo trước ngày ngừng sử dụng",
    "ended": "đã thu hồi theo lịch",
    "idle-warned": "đã nhắc do lâu không đăng nhập",
    "idle-closed": "đã đóng đăng nhập do lâu không sử dụng",
    "review-reminded": "đã nhắc rà soát",
    "review-suspended": "tạm khóa do không được xác nhận",
    "request-lapsed": "đề nghị quá hạn",
    "archived": "đã lưu trữ",
    "erased": "đã xóa",
    "password-announced": "đã nhắc đổi mật khẩu quản trị",
    "domain-announced": "đã báo trước ngày tên miền ngừng nhận thư",
    "tidied": "đã bỏ mã và thư thông báo cũ",
    "log-sealed": "đã ký đầu nhật ký",
    "report-sent": "đã gửi báo cáo qua thư",
    "report-not-sent": "báo cáo qua thư không gửi",
    "days-counted": "ngày đã tổng hợp số liệu",
}


class SomeFailed(MailhubError):
    """Some of what was due could not be done; it is tried again within the hour."""


@click.group()
def schedule() -> None:
    """Ends, leaves, idle logins, reviews, retention: done by themselves every hour and after midnight."""


@schedule.command()
@json_option
@pass_environment
def run(environment: Environment, *, as_json: bool) -> None:
    """Do now what is due; running it again does nothing twice.

    \b
    Example:
      mailhub --dir DIR schedule run
    """
    with looking(environment) as (_, actor):
        if not may(actor, Action.ACCOUNT_ARCHIVE, Subject(kind="schedule", name="run")):
            raise refusal(actor, Action.ACCOUNT_ARCHIVE, what="chạy việc theo lịch")
    settings = environment.settings
    database = environment.database
    directory = Directory(database)
    spool = spool_of(settings, "schedule")  # another writer than the hub's own, which may be at work
    work = Schedule(
        lambda: settings,
        database,
        lambda address: mailbox_home(settings.mail_directory, address),
        also=report_tasks(lambda: settings, database, directory, spool),
    )
    done = work.run_once()
    directory.close()
    for task, names in done.acts.items():
        for name in names:
            if as_json:
                print_json({"task": task, "object": name})
            else:
                click.echo(f"{name}: {TASK_WORDS.get(task, task)}")
    if not any(done.acts.values()) and not done.faults and not as_json:
        click.echo("Không có việc đến hạn.", err=True)
    if done.faults:
        raise SomeFailed("; ".join(done.faults))
