"""The real reader, save for files that say they are a disaster: those are one."""

from __future__ import annotations

import os
import signal

from mailhub.files import reader
from mailhub.files.facts import FileFacts, Limits
from mailhub.files.reader import Given


def read_file(given: Given, limits: Limits) -> FileFacts:
    word = bytes(given.data[:16])
    if word.startswith(b"!crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if word.startswith(b"!loop"):
        while True:
            pass
    if word.startswith(b"!memory"):
        return FileFacts(str(len(bytearray(2**33))), "txt", 0)
    return reader.read_file(given, limits)
