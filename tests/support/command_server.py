"""A process that has loaded the whole program, and forks for each `mailhub` command that tests run.

Started by `tests/support/commands.py` with the number of a listening socket; ends when its standard input ends, which
is a pipe from the tests. A request is one datagram, `{"words": […], "cwd": …, "env": {…}}`, with the three standard
files beside it (SCM_RIGHTS); its answers are the process's number, and then its exit code as `subprocess` gives it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from typing import Any, NoReturn

import mailhub
from mailhub.cli.main import main
from mailhub.serve.preload import load_all, preload_data

# Loaded in processes of their own only, which start from nothing.
_ELSEWHERE = ("mailhub.files", "mailhub.sandbox.", "mailhub.signer", "mailhub.store.migrations", "mailhub.__main__")


def serve(listener: socket.socket) -> None:
    """Answer until nobody is left to ask."""
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        asker = listener.accept()[0]
        if os.fork() == 0:
            listener.close()
            hold(asker)
        asker.close()


def hold(asker: socket.socket) -> NoReturn:
    """Run one command in a process of its own, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    data, files, _, _ = socket.recv_fds(asker, 1 << 20, 3)
    if not data:
        os._exit(0)
    process = os.fork()
    if process == 0:
        asker.close()
        run(json.loads(data), files)
    for file in (0, 1, 2, *files):  # or a reader of the command's output would wait for this process too
        os.close(file)
    tell(asker, process)
    tell(asker, os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    os._exit(0)


def run(request: dict[str, Any], files: list[int]) -> NoReturn:
    """Be `mailhub WORDS`, in a session of its own."""
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["mailhub", *request["words"]]
    sys.modules["__main__"].__package__ = ""  # click would call the program by this module's name
    code = 0
    try:
        main(request["words"])
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    # As an interpreter ends, but for taking a thousand modules apart.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def tell(asker: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # whoever asked does not listen any more
        asker.send(str(number).encode())


if __name__ == "__main__":
    load_all(mailhub, but=_ELSEWHERE)
    preload_data()
    gc.collect()
    gc.freeze()  # what is shared with the forked stays shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    serve(socket.socket(fileno=int(sys.argv[1])))
