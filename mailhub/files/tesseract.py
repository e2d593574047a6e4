"""The OCR program: a grey page in, words with boxes and confidences out.

It is a program of its own with a CPU limit, since inside the sandbox nobody may kill it: it ends by itself.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from html import unescape

from mailhub.files.columns import Word
from mailhub.files.ink import Gray

PROGRAM = "tesseract"
DPI = 300
COLUMN, BLOCK, LINE = 4, 6, 7  # page segmentation modes: lines of several sizes, of one, one line

_WORD_LEVEL = "5"
_CHARACTER = re.compile(r"x_bboxes (\d+) (\d+) (\d+) (\d+); x_conf (\d+(?:\.\d+)?)'>([^<]{1,12})</span>")
_MAX_OUTPUT = 4 * 2**20


class OcrFailed(Exception):
    """The program is missing, died or took too long."""


def read_words(gray: Gray, *, mode: int = COLUMN, seconds: float = 20.0) -> list[Word]:
    """The words of a page, their boxes in pixels. Raises OcrFailed."""
    return _words(_run(_portable(gray), mode, seconds, ("tessedit_create_tsv=1",)))


def read_characters(gray: Gray, *, seconds: float = 5.0) -> list[Word]:
    """The characters of a picture of one line, each as a Word of one letter, blanks left out. Raises OcrFailed."""
    answer = _run(_portable(gray), LINE, seconds, ("tessedit_create_hocr=1", "hocr_char_boxes=1"))
    found: list[Word] = []
    for left, top, right, bottom, sure, text in _CHARACTER.findall(answer):
        letter = unescape(text)[:4]
        if letter.strip():
            found.append(Word(letter, int(left), int(top), int(right), int(bottom), min(1.0, float(sure) / 100)))
    return found


def _portable(gray: Gray) -> bytes:
    """The picture as a portable graymap, the cheapest format to write and to read."""
    height, width = gray.shape
    return b"P5 %d %d 255\n" % (width, height) + gray.tobytes()


def _run(page: bytes, mode: int, seconds: float, settings: Sequence[str]) -> str:
    command = [PROGRAM, "stdin", "stdout", "-l", "vie", "--psm", str(mode), "--dpi", str(DPI)]
    for setting in settings:
        command += ["-c", setting]
    try:
        program = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", "/usr/bin"), "OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"},
            preexec_fn=_cpu_limit(seconds),  # noqa: PLW1509
        )
    except OSError as error:
        raise OcrFailed(str(error)) from error
    try:
        answer, _ = program.communicate(page, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        _give_up(program)
        raise OcrFailed("out of time") from error
    if program.returncode != 0:
        raise OcrFailed(f"ended with {program.returncode}")
    return answer[:_MAX_OUTPUT].decode("utf-8", "replace")


def _cpu_limit(seconds: float) -> Callable[[], None]:
    bound = max(1, int(seconds) + 1)
    return lambda: resource.setrlimit(resource.RLIMIT_CPU, (bound, bound))


def _give_up(program: subprocess.Popen[bytes]) -> None:
    """Stop it if we may; in the sandbox we may not, and its CPU limit does."""
    with suppress(OSError):
        program.kill()
        program.wait(1)
    for pipe in (program.stdin, program.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _words(table: str) -> list[Word]:
    words: list[Word] = []
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) == 12 and cells[0] == _WORD_LEVEL and cells[11].strip():
            with suppress(ValueError):
                left, top, width, height = (int(cell) for cell in cells[6:10])
                sure = min(1.0, max(0.0, float(cells[10]) / 100))
                words.append(Word(cells[11].strip(), left, top, left + width, top + height, sure))
    return words
