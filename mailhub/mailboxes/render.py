"""Turns a plan into the files that Dovecot reads. Pure: nothing is read or written but our own templates.

Dovecot 2.4 changed the syntax of its configuration, so the version chooses the templates; only 2.3 is here yet.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from mailhub.mailboxes.errors import MailboxesError
from mailhub.mailboxes.plan import DovecotPlan
from mailhub.mailboxes.shared import SHARED_RIGHTS

# mailhub prepends `X-Mailhub-Junk: yes` to what it judged to be junk, and takes every field of this name out of
# mail that comes from elsewhere (intake). The script reads the topmost one only.
JUNK_HEADER = "X-Mailhub-Junk"
# In the same way: `X-Mailhub-Filed: sent` stands above the copy of what was sent from a shared mailbox.
FILED_HEADER = "X-Mailhub-Filed"
# And the folder into which a rule of `policy.toml` has a message put ("Nghi giả mạo"); made when it is missing.
FOLDER_HEADER = "X-Mailhub-Folder"

# RFC 6154 § 2. The names are ASCII: clients translate them by their special use.
FOLDERS = (("Drafts", "Drafts"), ("Sent", "Sent"), ("Trash", "Trash"), ("Junk", "Junk"), ("Archive", "Archive"))

# A list of what is allowed. Not in it: reject and ereject (backscatter, and a way round our notices), enotify
# (a second way to send), regex (its cost has no bound), editheader (received mail is never altered).
SIEVE_EXTENSIONS = (
    "body",
    "comparator-i;ascii-numeric",
    "copy",
    "date",
    "duplicate",
    "encoded-character",
    "envelope",
    "environment",
    "fileinto",
    "foreverypart",
    "ihave",
    "imap4flags",
    "include",
    "index",
    "mailbox",
    "mime",
    "relational",
    "special-use",
    "subaddress",
    "vacation",
    "variables",
)

# Below the 60 seconds after which Dovecot gives up on its own worker.
VERIFY_SECONDS = 50
LOOKUP_SECONDS = 10


_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f./\\%*~]")  # Dovecot's separator, and what IMAP and Maildir read otherwise


def folder_value(folder: str) -> str:
    """A folder's name as it stands in `FOLDER_HEADER` (RFC 2047), which Sieve reads back."""
    name = _NOT_IN_A_NAME.sub(" ", folder).strip()[:60] or "Junk"
    words = [name[start : start + 10] for start in range(0, len(name), 10)]  # an encoded word has 75 characters at most
    return " ".join(f"=?utf-8?B?{b64encode(word.encode()).decode()}?=" for word in words)


class RenderedFile(NamedTuple):
    mode: int
    text: str


def configuration_syntax(version_line: str) -> str:
    """`"2.3"` from what `dovecot --version` prints.

    Raises:
        MailboxesError: a version that mailhub cannot write a configuration for.
    """
    found = re.match(r"(\d+)\.(\d+)", version_line)
    if found is None:
        raise MailboxesError(f"dovecot --version said {version_line.strip()!r}, which names no version")
    if (syntax := found.group()) != "2.3":
        raise MailboxesError(f"Dovecot {syntax} is installed; this mailhub writes the configuration of 2.3 only")
    return syntax


def render(plan: DovecotPlan, *, syntax: str = "2.3") -> dict[str, RenderedFile]:
    """The files by their path below `plan.directory`, with the mode each must have."""
    templates = _templates()
    words = {
        "plan": plan,
        "folders": FOLDERS,
        "sieve_extensions": SIEVE_EXTENSIONS,
        "junk_header": JUNK_HEADER,
        "filed_header": FILED_HEADER,
        "folder_header": FOLDER_HEADER,
        "shared_rights": SHARED_RIGHTS,
        "verify_seconds": VERIFY_SECONDS,
        "lookup_seconds": LOOKUP_SECONDS,
    }
    return {
        "dovecot.conf": RenderedFile(0o600, templates.get_template(f"dovecot-{syntax}.conf.j2").render(words)),
        "shared.acl": RenderedFile(0o600, templates.get_template("shared.acl.j2").render(words)),
        "passdb.lua": RenderedFile(0o600, templates.get_template("passdb.lua.j2").render(words)),
        "sieve/before.sieve": RenderedFile(0o600, templates.get_template("before.sieve.j2").render(words)),
        "libexec/mailhub-inject": RenderedFile(0o700, _inject_program(plan)),
    }


def preload() -> None:
    """Read what `render` needs, for a process that will not be able to read the program's files later."""
    for name in _templates().list_templates(extensions=["j2"]):
        _templates().get_template(name)
    _inject_source()


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("mailhub.mailboxes"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - no HTML; DovecotPlan refuses what these formats would misread
        auto_reload=False,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _inject_source() -> str:
    return (files("mailhub.mailboxes") / "inject.py").read_text("utf-8")


def _inject_program(plan: DovecotPlan) -> str:
    program = _inject_source()
    values = {"SOCKET": plan.inject_socket, "CONFIGURATION": plan.configuration, "DOVEADM": plan.doveadm}
    for name, value in values.items():
        blank = f'\n{name} = ""\n'
        if program.count(blank) != 1:
            raise MailboxesError(f"mailhub/mailboxes/inject.py has lost its line for {name}")
        program = program.replace(blank, f'\n{name} = "{value}"\n')
    return program
