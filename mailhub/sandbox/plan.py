"""What a zygote is told when it is started."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailhub.sandbox.confine import Rations

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Plan:
    """What a zygote is told. `listen`, `ready` and `stop` are descriptors: of the socket, of a pipe on which one octet
    says that it is ready, and of a pipe that becomes readable when it shall end."""

    listen: int
    ready: int
    stop: int
    uid: int = NOBODY  # to become, when it is root; NOBODY: stay
    gid: int = NOBODY
    nice: int = 5
    most_seconds: float = 600.0
    growth_mib: int = 64
    folder: str = "/tmp"  # noqa: S108 - the sandbox's own; "": there is no sandbox, make one in the machine's
    reader: str = "mailhub.files.reader"
    rations: Rations = field(default_factory=Rations)
