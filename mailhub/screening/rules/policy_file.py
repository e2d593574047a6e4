"""`DIR/policy.toml`: where people write the rules. What holds are the versions in the database (`versions.py`)."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile

from mailhub.screening.rules.errors import PolicyFileFault
from mailhub.screening.rules.shipped import catalogue_text

POLICY_FILE = "policy.toml"
LARGEST = 16 * 2**20  # octets: a hundred times what ten thousand exceptions take
_MODE = 0o640  # exceptions name people


@cache
def shipped_text() -> str:
    """The catalogue that comes with the program; read once, before root is given up (`serve/preload.py`)."""
    return catalogue_text()


def read_text(path: Path) -> str | None:
    """The file as it is, or None when there is none. A mark at its beginning (Notepad's) is left out.

    Raises:
        PolicyFileFault: it cannot be read, is no UTF-8, or is too large.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PolicyFileFault(f"{path}: {error.strerror or error}") from error
    if len(octets) > LARGEST:
        raise PolicyFileFault(f"{path}: larger than {LARGEST // 2**20} MiB")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise PolicyFileFault(f"{path}:{line}: not UTF-8: save the file as UTF-8") from error


def write_text(path: Path, text: str) -> None:
    """Put `text` there as a whole or not at all; an existing file's mode stays.

    Raises:
        PolicyFileFault
    """
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else _MODE
        with NamedTemporaryFile("wb", dir=path.parent, prefix=".policy-", delete=False) as file:
            fresh = Path(file.name)
            try:
                file.write(text.encode())
                file.flush()
                fresh.chmod(mode)
                fresh.replace(path)
            except BaseException:
                with suppress(OSError):
                    fresh.unlink()
                raise
    except OSError as error:
        raise PolicyFileFault(f"{path}: {error.strerror or error}") from error


def keep_beside(path: Path, number: int) -> Path:
    """Move the file aside, since version `number` takes its place; gives where it lies now. Nothing is written over.

    Raises:
        PolicyFileFault
    """
    count = 0
    while True:
        aside = path.with_name(f"{path.name}.before-{number}" + (f".{count}" if count else ""))
        if not aside.exists():
            break
        count += 1
    try:
        aside.hardlink_to(path)
    except OSError as error:
        raise PolicyFileFault(f"{aside}: {error.strerror or error}") from error
    return aside
