"""Files that others read (a web server, the person who asked): written as a whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

READABLE = 0o644
PRIVATE = 0o600


def write_whole(path: Path, content: str | bytes, *, mode: int = READABLE) -> None:
    """Put `content` at `path`, readable by everybody unless `mode` says less, in one step; the folder is made. The name
    in between is nobody's to guess: in a folder that others write to, a link that waited there would be followed.

    Raises:
        OSError
    """
    octets = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    if path.exists() and not path.is_file():  # /dev/stdout, a pipe: nothing that a file may take the place of
        path.write_bytes(octets)
        return
    with NamedTemporaryFile("wb", dir=path.parent, prefix=".", delete=False) as file:
        fresh = Path(file.name)
        try:
            file.write(octets)
            file.flush()
            fresh.chmod(mode)
            fresh.replace(path)
        except BaseException:
            with suppress(OSError):
                fresh.unlink()
            raise
