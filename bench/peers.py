"""The peers: Postfix as Debian packages it, alone and with rspamd as its milter, relaying everything to the sink.

Each instance has its own configuration, queue and data below its folder and leaves the system's alone. Postfix
keeps its defaults for durability (the queue file is on disk before 250) and concurrency; only what would slow
it down in a benchmark is off: DNS of the client, connection limits, `in_flow_delay`, and chroot. Root is needed
because its daemons change user.

    python -m bench.peers postfix-rspamd-dkim --port 2525 --sink-port 2600     # until Ctrl-C
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench import processes
from bench.client import Target
from bench.processes import BenchError
from bench.scene import OFFICIAL_DOMAIN, SELECTOR, Direction, NameServer, Scene

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
myhostname = mx.{domain}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
relayhost = [127.0.0.1]:{sink_port}
disable_dns_lookups = yes
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
in_flow_delay = 0
message_size_limit = 62914560
mailbox_size_limit = 0
"""

MILTER_CF = """\
smtpd_milters = unix:{socket}
milter_default_action = tempfail
"""

# Service, type, private, unprivileged, chroot, wake-up, processes, program (master(5)).
MASTER_CF = """\
127.0.0.1:{port} inet n - n - 150 smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""

# No Redis, no maps from the net; 127.0.0.1 is a stranger, so that SPF, DKIM and DMARC are evaluated for it.
RSPAMD = {
    "options.inc": 'dns {{ nameserver = ["127.0.0.1:{dns_port}"]; timeout = 1s; }}\nlocal_addrs = ["192.0.2.0/24"];\n',
    "worker-proxy.inc": 'bind_socket = "{home}/run/milter mode=0666";\ncount = 2;\n'
    'upstream "local" {{ default = yes; self_scan = yes; }}\n',
    "worker-normal.inc": "enabled = false;\n",
    "worker-controller.inc": "enabled = false;\n",
    "worker-fuzzy.inc": "enabled = false;\n",
    "fuzzy_check.conf": "enabled = false;\n",
    # Loopback clients are otherwise spared the three checks.
    "spf.conf": "check_local = true;\n",
    "dkim.conf": "check_local = true;\n",
    "dmarc.conf": "check_local = true;\n",
    "actions.conf": "reject = 1000;\nadd_header = 900;\ngreylist = null;\n",
}
RSPAMD_SIGNS = """\
sign_networks = "127.0.0.0/8";
allow_hdrfrom_mismatch = true;
allow_username_mismatch = true;
use_domain = "header";
use_redis = false;
domain {{ {domain} {{ path = "{home}/key.pem"; selector = "{selector}"; }} }}
"""
RSPAMD_REPORTS = 'use = ["authentication-results"];\nskip_local = false;\nskip_authenticated = false;\n'


class Postfix:
    """Postfix alone: takes whatever comes from the loopback and relays it."""

    name = "postfix"

    def __init__(self, scene: Scene, *, port: int | None = None) -> None:
        self._scene = scene
        self._home = scene.work / self.name
        self._port = port or processes.free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the instance and start its master in the foreground.

        Raises:
            BenchError: not installed, not root, or it does not come up.
        """
        _require("postfix")
        self._write(MAIN_CF)
        log = self._home / "start.log"
        self._process = processes.start(["postfix", "-c", str(self._home / "etc"), "start-fg"], log)
        processes.wait_for(lambda: processes.listens(self._port), self.name, log)

    def stop(self) -> None:
        """Ask the master to stop, and see that nothing is left."""
        if self._process is not None:
            argv = ["postfix", "-c", str(self._home / "etc"), "stop"]
            subprocess.run(argv, check=False, capture_output=True, timeout=60)
            processes.stop(self._process)
            self._process = None

    @property
    def target(self) -> Target:
        """Plain SMTP, in both directions."""
        return Target(port=self._port)

    @property
    def roots(self) -> list[int]:
        """The script that waits for Postfix's master."""
        return [self._process.pid] if self._process is not None else []

    def _write(self, main_cf: str) -> None:
        for folder in ("etc", "queue", "data"):
            (self._home / folder).mkdir(parents=True, exist_ok=True)
        _give(self._home / "data", "postfix")
        values = {"home": self._home, "sink_port": self._scene.sink_port, "domain": OFFICIAL_DOMAIN}
        (self._home / "etc" / "main.cf").write_text(main_cf.format(**values))
        (self._home / "etc" / "master.cf").write_text(MASTER_CF.format(port=self._port))


class PostfixRspamd(Postfix):
    """With rspamd as milter: signs outgoing mail (RSA-2048), authenticates incoming mail and reports the results.

    A Unix socket joins the two; over TCP the milter protocol's small writes meet delayed ACKs, 40 to 90 ms each.
    """

    name = "postfix-rspamd-dkim"

    def __init__(self, scene: Scene, *, port: int | None = None) -> None:
        super().__init__(scene, port=port)
        self._rspamd_home = scene.work / "rspamd"
        self._rspamd: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start rspamd, then Postfix before it.

        Raises:
            BenchError: as for Postfix.
        """
        self._start_rspamd()
        super().start()

    def stop(self) -> None:
        """End Postfix, then rspamd."""
        super().stop()
        if self._rspamd is not None:
            processes.stop(self._rspamd)
            self._rspamd = None

    @property
    def roots(self) -> list[int]:
        """Both trees."""
        return super().roots + ([self._rspamd.pid] if self._rspamd is not None else [])

    def _write(self, main_cf: str) -> None:
        super()._write(main_cf + MILTER_CF.replace("{socket}", str(self._rspamd_home / "run" / "milter")))

    def _start_rspamd(self) -> None:
        _require("rspamd")
        home = self._rspamd_home
        for folder in (home, home / "run", home / "db", home / "log"):
            folder.mkdir(parents=True, exist_ok=True)
            _give(folder, "_rspamd")
        self._write_rspamd()
        argv = ["rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd", "-c", "/etc/rspamd/rspamd.conf"]
        for name, part in (("LOCAL_CONFDIR", "conf"), ("RUNDIR", "run"), ("DBDIR", "db"), ("LOGDIR", "log")):
            argv.append(f"--var={name}={home / part}")
        log = home / "log" / "rspamd.log"
        self._rspamd = processes.start(argv, home / "stdout.log")
        processes.wait_for(lambda: processes.listens_unix(home / "run" / "milter"), "rspamd", log, seconds=60)
        self._wait_for_patterns(log)

    def _write_rspamd(self) -> None:
        local = self._rspamd_home / "conf" / "local.d"
        local.mkdir(parents=True, exist_ok=True)
        key = self._rspamd_home / "key.pem"
        _write_rsa_key(key)
        _give(key, "_rspamd")
        values = {"home": self._rspamd_home, "dns_port": self._scene.dns_port}
        for name, text in RSPAMD.items():
            (local / name).write_text(text.format(**values))
        outgoing = self._scene.direction is Direction.OUTGOING
        signs = RSPAMD_SIGNS.format(domain=OFFICIAL_DOMAIN, selector=SELECTOR, home=self._rspamd_home)
        (local / "dkim_signing.conf").write_text(signs if outgoing else "enabled = false;\n")
        (local / "milter_headers.conf").write_text("" if outgoing else RSPAMD_REPORTS)

    def _wait_for_patterns(self, log: Path) -> None:
        """rspamd compiles its regular expressions in the background and is slow until it has loaded them."""

        def loaded() -> bool:
            text = log.read_text(errors="replace") if log.exists() else ""
            return len(re.findall(r"\(rspamd_proxy\).* hyperscan database of .* has been loaded", text)) >= 2

        with contextlib.suppress(BenchError):
            processes.wait_for(loaded, "rspamd's patterns", log, seconds=40)


def _require(program: str) -> None:
    if os.geteuid() != 0:
        raise BenchError("the peers need root: Postfix's and rspamd's daemons change user")
    if shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
        raise BenchError(f"{program} is not installed: run `make bench-install`")


def _give(path: Path, user: str) -> None:
    entry = pwd.getpwnam(user)
    os.chown(path, entry.pw_uid, entry.pw_gid)


def _write_rsa_key(path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    path.chmod(0o600)


PEERS: dict[str, type[Postfix]] = {kind.name: kind for kind in (Postfix, PostfixRspamd)}


def main() -> None:
    """Run one peer until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=sorted(PEERS))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sink-port", type=int, required=True)
    parser.add_argument("--direction", type=Direction, default=Direction.OUTGOING)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailhub-peer-", dir="/var/tmp") as folder:
        work = Path(folder)
        work.chmod(0o755)
        names = NameServer(work, {})
        peer = PEERS[options.kind](Scene(work, options.direction, options.sink_port, names.port), port=options.port)
        try:
            peer.start()
            print(f"{peer.name} listens on {options.port}", flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        finally:
            peer.stop()
            names.stop()


if __name__ == "__main__":
    main()
