"""Whether anything under a folder still holds certain words, in whatever form they may lie there."""

from __future__ import annotations

import base64
import quopri
import unicodedata
from collections.abc import Iterator
from pathlib import Path


def forms_of(words: str) -> dict[str, bytes]:
    """The words as files may hold them: encodings by their name."""
    found: dict[str, bytes] = {}
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, words)
        plain = {"utf-8": text.encode(), "utf-16-le": text.encode("utf-16-le"), "utf-16-be": text.encode("utf-16-be")}
        for name, octets in plain.items():
            found[f"{form} {name}"] = octets
            found |= {f"{form} {name} {kind}": coded for kind, coded in _base64(octets)}
        quoted = quopri.encodestring(text.encode()).replace(b"=\n", b"")
        found[f"{form} quoted-printable"] = quoted
        found[f"{form} quoted-printable, small"] = quoted.lower()
        found[f"{form} q-word"] = quoted.replace(b" ", b"_").replace(b"=20", b"_")
        found[f"{form} json"] = text.encode("ascii", "backslashreplace")
    return {name: octets for name, octets in found.items() if len(octets) > 5}


def forms_of_octets(octets: bytes) -> dict[str, bytes]:
    """A file's octets: as they are, and in base64."""
    return {"octets": octets, **dict(_base64(octets))}


def _base64(octets: bytes) -> Iterator[tuple[str, bytes]]:
    """What base64 of a longer text has in it, wherever the octets begin: without the letters that hold neighbours."""
    for skipped in range(3):
        whole = octets[skipped : skipped + (len(octets) - skipped) // 3 * 3]
        yield f"base64 +{skipped}", base64.b64encode(whole)


def found_under(folder: Path, forms: dict[str, bytes]) -> list[str]:
    """`file: form` for each form that some file under `folder` holds; line breaks within base64 are passed over."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        joined = data.replace(b"\r\n", b"").replace(b"\n", b"")
        for name, octets in forms.items():
            if octets in data or octets in joined or octets in data.replace(b"=\r\n", b"").replace(b"=\n", b""):
                found.append(f"{path.relative_to(folder)}: {name}")
    return found
