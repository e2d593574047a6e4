"""The one folder in which children may write."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch(folder: str) -> Iterator[str]:
    """Where children write, as the current directory."""
    made = "" if folder else tempfile.mkdtemp(prefix="mailhub-inspector-")
    os.environ["HOME"] = os.environ["TMPDIR"] = folder or made
    os.chdir(folder or made)
    yield folder or made
    if made:
        os.chdir("/")
        shutil.rmtree(made, ignore_errors=True)


def empty(folder: Path) -> None:
    """Remove what is in `folder`, also where a message took the right to do so away."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
            empty(path)
            path.rmdir()
        else:
            path.unlink()
