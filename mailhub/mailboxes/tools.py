"""Running Dovecot's own programs as the unprivileged user, since they obey a configuration which that user owns."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from typing import TypedDict

from mailhub.mailboxes.errors import DovecotError, MailboxesError
from mailhub.mailboxes.plan import DovecotPlan

TOOL_SECONDS = 10.0
PACKAGES = "dovecot-imapd dovecot-lmtpd dovecot-sieve dovecot-auth-lua lua-socket"
# Nothing of our own environment reaches Dovecot or what Sieve scripts start.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


class _Credentials(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def find_program(name: str) -> str:
    """The full path of a program.

    Raises:
        MailboxesError: it is not installed.
    """
    found = shutil.which(name, path=ENVIRONMENT["PATH"])
    if found is None:
        raise MailboxesError(f"{name} is not installed: apt-get install {PACKAGES}")
    return found


def run_tool(plan: DovecotPlan, command: list[str]) -> str:
    """What the program printed. Blocks, for at most `TOOL_SECONDS`.

    Raises:
        MailboxesError: it could not be started, took too long, or found something wrong.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TOOL_SECONDS,
            env=ENVIRONMENT,
            check=False,
            cwd="/",
            **_credentials(plan),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MailboxesError(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        raise MailboxesError(f"{' '.join(command)}: {_one_line(done.stderr)}")
    return done.stdout.decode("utf-8", "replace")


async def doveadm(plan: DovecotPlan, *words: str, accept: tuple[int, ...] = (0,)) -> str:
    """What `doveadm` printed.

    Raises:
        DovecotError: an exit code that is not in `accept`, or no answer within `TOOL_SECONDS`.
    """
    return (await doveadm_octets(plan, *words, accept=accept)).decode("utf-8", "replace")


async def doveadm_octets(
    plan: DovecotPlan, *words: str, accept: tuple[int, ...] = (0,), seconds: float = TOOL_SECONDS
) -> bytes:
    """As `doveadm`, byte for byte: mail is in no charset of ours.

    Raises:
        DovecotError: as `doveadm`. What it was asked for is not in the message: that may be words of somebody's mail.
    """
    process = await asyncio.create_subprocess_exec(
        find_program("doveadm"),
        *("-c", str(plan.configuration), *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=ENVIRONMENT,
        cwd="/",
        **_credentials(plan),
    )
    try:
        async with asyncio.timeout(seconds):
            output, problems = await process.communicate()
    except TimeoutError as error:
        raise DovecotError(f"doveadm {words[0]} gave no answer in {seconds:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode not in accept:
        raise DovecotError(f"doveadm {_said(words)}: {_one_line(problems)} (exit {process.returncode})")
    return output


def _said(words: tuple[str, ...]) -> str:
    """The command without what is searched for."""
    return " ".join(words[: words.index("header")] if "header" in words else words)


def _credentials(plan: DovecotPlan) -> _Credentials:
    if os.geteuid() != 0:
        return {}
    return {"user": plan.uid, "group": plan.gid, "extra_groups": []}


def _one_line(output: bytes) -> str:
    return " ".join(output.decode("utf-8", "replace").split())[:500] or "no reason given"
