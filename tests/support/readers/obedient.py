"""A reader that does what the file says: `crash`, `loop`, `say …`. So a test is a stranger inside the sandbox."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailhub.files.facts import FileFacts, Limits
from mailhub.files.reader import Given, TrustSource

MEMORY: list[str] = []  # what an earlier file left in this process


def read_file(given: Given, limits: Limits) -> FileFacts:
    word, _, rest = bytes(given.data).decode().partition(" ")
    answer = COMMANDS[word](rest) if word else ""
    return FileFacts(given.name, "txt", 1, sha256="forged", needs_ocr=word == "scan", text=answer)


def _crash(_: str) -> str:
    ctypes.string_at(0)
    return "alive"


def _loop(_: str) -> str:
    while True:
        pass


def _sleep(seconds: str) -> str:
    time.sleep(float(seconds))
    return "slept"


def _memory(mebibytes: str) -> str:
    return str(len(bytearray(int(mebibytes) * 2**20)))


def _raise(_: str) -> str:
    raise ValueError("not foreseen\nsecond line")


def _kill_all(_: str) -> str:
    return _tried(lambda: os.kill(-1, signal.SIGKILL)) + _tried(lambda: os.kill(1, signal.SIGKILL))


def _leave(_: str) -> str:
    """A process that outlives its parent, in a session of its own, deaf to all but SIGKILL."""
    program = "import os, signal, time; os.setsid(); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    return str(subprocess.Popen([sys.executable, "-S", "-I", "-c", program]).pid)


def _litter(_: str) -> str:
    folder = Path("/tmp/a/b")
    folder.mkdir(parents=True)
    (folder / "file").write_text("secret")
    (folder / "link").symlink_to("/usr")
    folder.chmod(0o500)
    MEMORY.append("secret")
    return "done"


def _look(_: str) -> str:
    """What may be seen of other messages."""
    numbers = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()} - {1, os.getpid()}
    return f"{list(Path('/tmp').iterdir())} {sorted(numbers)} {MEMORY}"


def _descriptors(_: str) -> str:
    """What is open, tried one by one: /proc/self/fd is hidden."""
    found = set()
    for fd in range(3, 128):
        try:
            info = os.fstat(fd)
        except OSError:
            continue
        found.add(f"{info.st_dev}/{info.st_ino}")
    return " ".join(found)


def _forge(line: str) -> str:
    """Answers in the name of the zygote, on whatever takes it."""
    for fd in range(3, 64):
        try:
            os.write(fd, line.encode() + b"\n")
        except OSError:
            continue
    return "forged"


def _run(command: str) -> str:
    done = subprocess.run(command.split(), capture_output=True, text=True, check=False, timeout=20)
    return f"{done.returncode} {done.stdout}{done.stderr}"


def _run_too_long(_: str) -> str:
    try:
        subprocess.run(["sleep", "60"], check=False, timeout=0.2)
    except subprocess.TimeoutExpired:
        return "ended"
    return "never"


def _fill(_: str) -> str:
    with Path("/tmp/large").open("wb") as file:
        for _number in range(2_000):
            file.write(b"x" * 2**20)
            file.flush()
    return "full"


def _say(text: str) -> str:
    return text


def _scan(_: str) -> str:
    """Pages that nobody can read, in whatever mode."""
    return ""


def _long(characters: str) -> str:
    return "ạ" * int(characters)


def _tried(act: Callable[[], object]) -> str:
    try:
        act()
    except OSError as error:
        return f"{error.strerror}; "
    return "done; "


COMMANDS = {
    "crash": _crash,
    "loop": _loop,
    "sleep": _sleep,
    "memory": _memory,
    "raise": _raise,
    "kill": _kill_all,
    "leave": _leave,
    "litter": _litter,
    "look": _look,
    "descriptors": _descriptors,
    "forge": _forge,
    "run": _run,
    "run-too-long": _run_too_long,
    "fill": _fill,
    "say": _say,
    "scan": _scan,
    "long": _long,
}


@dataclass(frozen=True, slots=True)
class Order:
    """What `work` is told."""

    word: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Told:
    """What it answers."""

    text: str
    number: int = 0


WORKS = {"obey": "obedient:work"}


def work(argument: Order, octets: Sequence[memoryview], trust: TrustSource) -> Iterator[object]:
    """A piece of work that does what it is told."""
    if argument.word == "double":
        yield b"".join(bytes(one) * argument.times for one in octets)
    elif argument.word == "count":
        yield from (Told("số", number) for number in range(argument.times))
    elif argument.word == "trust":
        yield Told(trust().version, len(trust().certificates))
    elif argument.word in COMMANDS:
        yield Told(COMMANDS[argument.word](""))
