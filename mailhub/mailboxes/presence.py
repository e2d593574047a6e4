"""Whether our Dovecot, or anything left of it, runs: where nothing does, nobody has a session."""

from __future__ import annotations

from pathlib import Path

from mailhub.mailboxes.plan import DovecotPlan


def is_present(plan: DovecotPlan) -> bool:
    """Whether its master or one of its processes lives; stopped ones do too."""
    return any(_is_ours(entry.name, plan) for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _is_ours(process: str, plan: DovecotPlan) -> bool:
    """Dovecot names its children `dovecot-INSTANCE/SERVICE`; the master's command names the configuration."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    if words[0].startswith(f"dovecot-{plan.instance}/".encode()):
        return True
    return bytes(plan.configuration) in words and b"dovecot" in Path(words[0].decode(errors="replace")).name.encode()
