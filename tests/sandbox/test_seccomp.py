"""The filter of system calls: right numbers, right answers."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from mailhub.sandbox.errors import SandboxImpossible
from mailhub.sandbox.seccomp import CLONE, CLONE3, DENIED, KILL, PRLIMIT, TGKILL, build_filter, machine

pytestmark = pytest.mark.unit

HEADERS = (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm-generic/unistd.h"))
BY_ARGUMENT = {"kill": KILL, "tgkill": TGKILL, "prlimit64": PRLIMIT, "clone": CLONE, "clone3": CLONE3}


@pytest.mark.parametrize(("column", "header"), list(enumerate(HEADERS)), ids=["x86_64", "aarch64"])
def test_the_numbers_are_the_kernels(column: int, header: Path) -> None:
    if not header.exists():
        pytest.skip("the kernel's headers are not installed")
    numbers = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    wanted = {name: str(numbers_of[column]) for name, numbers_of in (DENIED | BY_ARGUMENT).items()}
    assert {name: numbers.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("kind", ["x86_64", "aarch64"])
def test_the_program_is_one_that_a_kernel_takes(kind: str) -> None:
    program = build_filter(kind)
    count = len(program) // 8
    assert 0 < count <= 4096  # BPF_MAXINSNS
    for place, (code, then, otherwise, _) in enumerate(struct.iter_unpack("HBBI", program)):
        if code & 0x07 == 0x05:  # a jump: forward, and to an instruction
            assert place + 1 + max(then, otherwise) < count


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(SandboxImpossible, match="riscv64"):
        build_filter("riscv64")


ATTEMPTS = """
import ctypes, errno, os, signal, socket, subprocess, sys, threading
from mailhub.sandbox.seccomp import build_filter, install, machine
libc = ctypes.CDLL(None, use_errno=True)
install(build_filter(machine()))
def tried(act):
    try:
        act()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
def call(number, *arguments):
    return "done" if libc.syscall(number, *arguments) >= 0 else errno.errorcode[ctypes.get_errno()]
child = subprocess.Popen(["sleep", "30"])
print(tried(lambda: socket.socket()), tried(lambda: os.kill(0, 0)), tried(lambda: os.kill(-1, 0)),
      tried(lambda: os.kill(1, 0)), tried(child.kill), child.wait(),
      tried(lambda: os.pidfd_open(os.getpid())), "done" if libc.unshare(0x10000000) == 0 else "EPERM",
      call({clone}, 0x10000000 | 17, 0, 0, 0, 0), call({clone3}, 0, 0), call({prlimit}, 1, 7, 0, 0),
      call({prlimit}, 0, 7, 0, 0), tried(lambda: os.memfd_create("x")), tried(lambda: os.setpriority(0, 0, 10)))
thread = threading.Thread(target=lambda: print("thread", flush=True)); thread.start(); thread.join()
os.abort()
"""


def test_it_stops_what_it_should_and_nothing_else() -> None:
    column = ["x86_64", "aarch64"].index(machine())
    program = ATTEMPTS.format(clone=CLONE[column], clone3=CLONE3[column], prlimit=PRLIMIT[column])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    words = done.stdout.split()
    assert words[:4] == ["EPERM"] * 4, done.stderr  # a socket; signals to the group, to all, to the zygote
    assert words[4:6] == ["done", "-9"]  # to a process of one's own
    assert words[6:11] == ["EPERM", "EPERM", "EPERM", "ENOSYS", "EPERM"]
    assert words[11:] == ["done", "done", "EPERM", "thread"]
    assert done.returncode == -6  # abort() works, so that a crash looks like one
