"""The system calls that a child may not make: a filter of our own, in the kernel's language (seccomp(2), bpf(4)).

Everything else passes, since tesseract and catdoc run behind it too. It is the second wall: namespaces are the
first, and what it stops here is mostly the kernel's own soft spots.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from mailhub.sandbox.errors import SandboxImpossible

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_ERRNO = 0x00050000
# struct seccomp_data: nr, arch, instruction_pointer, args[6]
_NR, _ARCH, _ARG0 = 0, 4, 16
_LOAD, _JEQ, _JGE, _JGT, _JSET, _RET = 0x20, 0x15, 0x35, 0x25, 0x45, 0x06
_X32 = 0x40000000
# CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}
_NEW_NAMESPACES = 0x80 | 0x20000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000

# machine → (audit architecture, numbers). Numbers from 424 on are the same everywhere.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
# Each with its number on x86_64 and on aarch64.
DENIED: dict[str, tuple[int, int]] = {
    # speaking to anybody
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept4": (288, 242),
    "sendmsg": (46, 211),
    # other processes: the zygote lives on after this message
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "tkill": (200, 130),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "ioprio_set": (251, 30),
    # what would outlive the message, outside /tmp
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # the walls
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "mknodat": (259, 33),
    # parts of the kernel that no reader of files needs, and where holes are found
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "fanotify_init": (300, 262),
    "memfd_secret": (447, 447),
    "personality": (135, 92),
    "syslog": (103, 116),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
}
_libc = ctypes.CDLL(None, use_errno=True)
KILL, TGKILL, PRLIMIT, CLONE, CLONE3 = (62, 129), (234, 131), (302, 261), (56, 220), (435, 435)


def build_filter(machine: str) -> bytes:
    """The program for this kind of machine, an array of `struct sock_filter`.

    Raises:
        SandboxImpossible: the numbers of its system calls are not known here.
    """
    if machine not in _ARCHITECTURES:
        raise SandboxImpossible(f"system calls of {machine} are not known: the inspector runs on x86_64 and aarch64")
    architecture, column = _ARCHITECTURES[machine]
    code = [_op(_LOAD, _ARCH), _op(_JEQ, architecture, 1, 0), _op(_RET, _KILL), _op(_LOAD, _NR)]
    if machine == "x86_64":
        code += [_op(_JGE, _X32, 0, 1), _refuse(errno.EPERM)]
    # clone3 keeps its flags where no filter sees them; ENOSYS makes the C library use clone.
    code += [_op(_JEQ, CLONE3[column], 0, 1), _refuse(errno.ENOSYS)]
    # Only processes of this message are numbered above 1: not the zygote, no group, not everybody.
    for call in (KILL, TGKILL):
        code += _by_argument(call[column], [_op(_JEQ, 0, 2, 0), _op(_JEQ, 1, 1, 0), _op(_JGT, 0x7FFFFFFF, 0, 1)])
    code += _by_argument(PRLIMIT[column], [_op(_JEQ, 0, 1, 0)])  # limits of one's own only
    code += _by_argument(CLONE[column], [_op(_JSET, _NEW_NAMESPACES, 0, 1)])
    for numbers in DENIED.values():
        code += [_op(_JEQ, numbers[column], 0, 1), _refuse(errno.EPERM)]
    return b"".join([*code, _op(_RET, _ALLOW)])


def install(program: bytes) -> None:
    """Put this process and all that it will ever start behind `program`; there is no way back.

    Raises:
        SandboxImpossible: the kernel refuses.
    """
    array = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(array)))
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header):
        raise SandboxImpossible(f"the kernel takes no seccomp filter (error {ctypes.get_errno()})")


def machine() -> str:
    return platform.machine()


def _by_argument(number: int, tests: list[bytes]) -> list[bytes]:
    """For one system call: look at the low half of its first argument. `tests` jump to EPERM, which follows them, or
    over it, where the number is loaded again for what comes next."""
    inner = [_op(_LOAD, _ARG0), *tests, _refuse(errno.EPERM), _op(_RET, _ALLOW)]
    return [_op(_JEQ, number, 0, len(inner)), *inner]


def _refuse(number: int) -> bytes:
    return _op(_RET, _ERRNO | number)


def _op(code: int, k: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, then, otherwise, k)
