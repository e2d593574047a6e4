"""The units load, fit together and give each role no more than it needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mailhub.settings.sections import Listen

pytestmark = pytest.mark.unit

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"
UNITS = sorted(path for suffix in ("service", "socket", "target") for path in SYSTEMD.glob(f"*.{suffix}"))
SERVICES = [path for path in UNITS if path.suffix == ".service"]
ROLES = {"smtp", "web", "worker", "verifier", "mailboxes", "inspector", "signer"}
# It builds walls itself: namespaces, mounts, a /proc that nothing covers.
INSPECTOR = "mailhub-inspector.service"
INSPECTOR_LACKS = {"RestrictNamespaces=yes", "ProtectKernelTunables=yes", "SystemCallFilter=@system-service"}
INSPECTOR_HAS = {
    "RestrictNamespaces=user mnt pid net ipc uts cgroup",
    "SystemCallFilter=@system-service @mount",
    "RestrictAddressFamilies=AF_UNIX AF_NETLINK",
    "IPAddressDeny=any",
    "InaccessiblePaths=-/var/lib/mailhub/data -/var/lib/mailhub/keys",
}
# It builds walls for an inspector of its own, and is a user of its own, whose folder is all that it writes to.
SIGNER = "mailhub-signer.service"
SIGNER_LACKS = INSPECTOR_LACKS | {"User=mailhub", "ReadWritePaths=/var/lib/mailhub"}
SIGNER_HAS = INSPECTOR_HAS | {"User=mailhub-signer", "ReadWritePaths=/var/lib/mailhub/signer", "LimitCORE=0"}
LESS = {INSPECTOR: (INSPECTOR_LACKS, INSPECTOR_HAS), SIGNER: (SIGNER_LACKS, SIGNER_HAS)}
BINDS_PORTS = {"mailhub.service", "mailhub-mailboxes.service"}
PROGRAM = "/opt/mailhub/bin/mailhub"
HARDENING = {
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "ReadWritePaths=/var/lib/mailhub",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectControlGroups=yes",
    "RestrictNamespaces=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "User=mailhub",
    "Type=notify",
}


def tool(name: str) -> str:
    found = shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def lines(path: Path) -> set[str]:
    return {line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}


def value(path: Path, name: str) -> str | None:
    return next((line.partition("=")[2] for line in sorted(lines(path)) if line.startswith(f"{name}=")), None)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The units in a directory of their own, with a program in the place of the one that is not installed here."""
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace(PROGRAM, sys.executable)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    return tmp_path


def complaints(directory: Path) -> str:
    """What systemd has to say against the units of `directory`; it warns of unknown keys with exit code 0."""
    command = [tool("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no"]
    done = subprocess.run(
        [*command, *sorted(map(str, directory.iterdir()))], capture_output=True, text=True, check=False
    )
    said = done.stderr + done.stdout
    return said if said or done.returncode == 0 else f"exit code {done.returncode}"


def test_systemd_accepts_the_units(copy: Path) -> None:
    assert complaints(copy) == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("ProtectHome=yes", "ProtectHomes=yes"), ("KillMode=mixed", "KillMode=gentle"), (sys.executable, "/no/program")],
)
def test_a_slip_in_a_unit_would_be_found(copy: Path, right: str, wrong: str) -> None:
    unit = copy / "mailhub-worker.service"
    assert right in unit.read_text()
    unit.write_text(unit.read_text().replace(right, wrong))
    assert "mailhub-worker.service" in complaints(copy)


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_every_service_is_hardened(path: Path) -> None:
    lacks, has = LESS.get(path.name, (set(), set()))
    assert ((HARDENING - lacks) | has) - lines(path) == set()


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_only_what_binds_low_ports_has_a_capability(path: Path) -> None:
    expected = "CAP_NET_BIND_SERVICE" if path.name in BINDS_PORTS else ""
    assert value(path, "CapabilityBoundingSet") == expected
    assert value(path, "AmbientCapabilities") == (expected or None)


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_the_exposure_that_systemd_computes_stays_low(path: Path) -> None:
    command = [tool("systemd-analyze"), "security", "--offline=yes", "--no-pager"]
    command += [f"--threshold={30 if path.name in LESS else 20}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_a_unit_for_each_role_and_one_for_all() -> None:
    commands = {path.name: value(path, "ExecStart") for path in SERVICES}
    serve = f"{PROGRAM} serve /var/lib/mailhub"
    beside = [f"--role {role}" for role in ("smtp", "worker", "verifier", "mailboxes", "web")]
    assert commands.pop("mailhub.service") == " ".join([serve, *beside])
    assert "mailhub-inspector.service" in (value(SYSTEMD / "mailhub.service", "Wants") or "").split()
    assert commands == {f"mailhub-{role}.service": f"{serve} --role {role}" for role in ROLES}


def test_the_target_wants_every_role_and_excludes_the_unit_for_all() -> None:
    target = SYSTEMD / "mailhub.target"
    wanted = (value(target, "Wants") or "").split()
    sockets = {"mailhub-smtp.socket", "mailhub-signer.socket", "mailhub-web.socket"}
    assert set(wanted) == {f"mailhub-{role}.service" for role in ROLES} | sockets
    assert "Conflicts=mailhub.service" in lines(target)
    for name in wanted:
        both = name in LESS or name == "mailhub-signer.socket"  # they serve either arrangement
        assert {"PartOf=mailhub.target"} <= lines(SYSTEMD / name)
        assert ("PartOf=mailhub.service" if both else "Conflicts=mailhub.service") in lines(SYSTEMD / name)


@pytest.mark.parametrize(
    ("unit", "services"), [("mailhub-smtp", ("mx", "submission", "submissions")), ("mailhub-web", ("https", "http"))]
)
def test_the_sockets_are_the_addresses_that_the_settings_open_by_default(unit: str, services: tuple[str, ...]) -> None:
    opened = {line.partition("=")[2] for line in lines(SYSTEMD / f"{unit}.socket") if line.startswith("ListenStream=")}
    assert opened == {getattr(Listen(), service) for service in services}


def test_the_user_and_the_directory_are_made(tmp_path: Path) -> None:
    sysusers, tmpfiles = SYSTEMD / "sysusers.d/mailhub.conf", SYSTEMD / "tmpfiles.d/mailhub.conf"
    shown = subprocess.run(
        [tool("systemd-sysusers"), "--dry-run", f"--root={tmp_path}", str(sysusers)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.returncode, "mailhub" in shown.stderr + shown.stdout) == (0, True), shown.stderr
    kinds = {tuple(line.split()[:5]) for line in lines(tmpfiles)}
    assert ("d", "/var/lib/mailhub", "0750", "mailhub", "mailhub") in kinds
    assert ("z", "/var/lib/mailhub/keys", "0700", "mailhub", "mailhub") in kinds
    assert ("d", "/var/lib/mailhub/signer", "0700", "mailhub-signer", "mailhub-signer") in kinds


def test_only_the_hubs_user_may_ask_the_signer() -> None:
    assert {"SocketUser=mailhub", "SocketMode=0600"} <= lines(SYSTEMD / "mailhub-signer.socket")


PROBE = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(65, 1, 0, 0, 0) != 0:  # PR_SET_MDWE, Linux 6.3
    raise SystemExit(77)
import argon2, cryptography.hazmat.primitives.asymmetric.rsa as rsa, pysqlite3, ssl, uvloop
argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("x")
rsa.generate_private_key(65537, 2048)
ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 0)()
async def nothing(): pass
uvloop.run(nothing())
"""


def test_nothing_the_services_load_needs_memory_both_writable_and_executable() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("this kernel cannot deny such memory to one process (Linux 6.3)")
    assert done.returncode == 0, done.stderr
