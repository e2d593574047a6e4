"""What a file's name and declared type claim, against what it is.

Windows decides by the last extension what happens at a double click, and hides it from the reader; so a name is judged
by what it does there, whatever the file is.
"""

from __future__ import annotations

import re

from mailhub.files.facts import Danger, DangerKind

_PROGRAMS = frozenset(
    ("exe", "com", "scr", "pif", "cpl", "msi", "msp", "msix", "appx", "dll", "sys", "drv", "ocx", "jar", "jnlp",
     "apk", "dmg", "pkg", "app", "deb", "rpm", "elf", "run", "gadget")
)  # fmt: skip
_SCRIPTS = frozenset(
    ("js", "jse", "vbs", "vbe", "wsf", "wsh", "wsc", "hta", "bat", "cmd", "ps1", "psm1", "psd1", "sh", "bash", "csh",
     "py", "pyw", "pl", "rb", "php", "lnk", "url", "reg", "inf", "scf", "msc", "chm", "hlp", "sct", "shb", "ade",
     "adp", "mde", "library-ms", "settingcontent-ms", "xll", "iqy", "slk")
)  # fmt: skip
_PAGES = frozenset(
    ("html", "htm", "shtml", "xhtml", "svg", "mht", "mhtml", "xht")
)  # fmt: skip
_PAPERS = frozenset(
    ("pdf", "doc", "docx", "docm", "dot", "dotx", "rtf", "odt", "xls", "xlsx", "xlsm", "xlt", "ods", "csv", "ppt",
     "pptx", "pps", "ppsx", "odp", "txt", "log", "jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp", "heic",
     "mp3", "mp4", "avi", "mov", "zip", "rar", "7z", "html", "htm", "eml", "msg")
)  # fmt: skip
_TEXTUAL = frozenset(("txt", "html", "xml", "eml", "script", "rtf"))
# What an extension may hold. Office opens a .doc that is RTF or a web page, and many programs export such.
_CLAIMS = {
    "pdf": frozenset(("pdf",)),
    **dict.fromkeys(("doc", "dot"), frozenset(("doc", "docx", "rtf", "html", "xml"))),
    **dict.fromkeys(("docx", "dotx"), frozenset(("docx",))),
    **dict.fromkeys(("docm", "dotm"), frozenset(("docm", "docx"))),
    "rtf": frozenset(("rtf", "doc", "docx", "txt")),
    "odt": frozenset(("odt",)),
    **dict.fromkeys(("xls", "xlt"), frozenset(("xls", "xlsx", "html", "xml", "txt"))),
    **dict.fromkeys(("xlsx", "xltx"), frozenset(("xlsx",))),
    **dict.fromkeys(("xlsm", "xltm", "xlsb"), frozenset(("xlsm", "xlsx"))),
    "ods": frozenset(("ods",)),
    **dict.fromkeys(("ppt", "pps"), frozenset(("ppt", "pptx"))),
    **dict.fromkeys(("pptx", "ppsx", "pptm"), frozenset(("pptx",))),
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif"), frozenset(("jpeg",))),
    "png": frozenset(("png",)),
    "gif": frozenset(("gif",)),
    "bmp": frozenset(("bmp",)),
    **dict.fromkeys(("tif", "tiff"), frozenset(("tiff",))),
    "webp": frozenset(("webp",)),
    **dict.fromkeys(("heic", "heif"), frozenset(("heic",))),
    "zip": frozenset(("zip", "docx", "docm", "xlsx", "xlsm", "pptx", "odt", "ods", "odp")),
    "rar": frozenset(("rar", "zip")),
    "7z": frozenset(("7z",)),
    **dict.fromkeys(("txt", "csv", "log", "md"), _TEXTUAL - {"script", "rtf"}),
    **dict.fromkeys(("htm", "html"), frozenset(("html", "xml", "txt"))),
    "eml": frozenset(("eml", "txt")),
}
_PICTURES = frozenset(("png", "jpeg", "gif", "bmp", "tiff", "webp", "heic"))
_WORD = frozenset(("doc", "docx", "docm", "rtf", "html", "xml"))
_EXCEL = frozenset(("xls", "xlsx", "xlsm", "html", "xml", "txt"))
_ZIPPED = _CLAIMS["zip"] | {"jar"}
# The same for declared types; those that are not here claim nothing (application/octet-stream).
_DECLARED = {
    "application/pdf": frozenset(("pdf",)),
    "application/msword": _WORD,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _WORD,
    "application/vnd.ms-excel": _EXCEL,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _EXCEL,
    "application/vnd.ms-powerpoint": frozenset(("ppt", "pptx")),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": frozenset(("ppt", "pptx")),
    "application/vnd.oasis.opendocument.text": frozenset(("odt",)),
    "application/zip": _ZIPPED,
    "application/x-zip-compressed": _ZIPPED,
    **dict.fromkeys(("text/plain", "text/html", "text/csv", "text/xml", "text/calendar"), _TEXTUAL),
    **{f"image/{kind}": _PICTURES for kind in ("jpeg", "jpg", "pjpeg", "png", "gif", "bmp", "tiff", "webp")},
}  # fmt: skip
# Marks that turn the direction of writing: `vb` + U+202E + `fdp.exe` is shown as `vbexe.pdf`.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\x00-\x1f]")
_UNTOLD = frozenset(("unknown", "empty", "ole"))
_LONGEST = 1_000


def extension(name: str) -> str:
    """The last extension in lower case, as Windows would take it: dots and blanks at the end do not count."""
    parts = _plain(name).rsplit(".", 1)
    return parts[1].strip() if len(parts) == 2 else ""


def _plain(name: str) -> str:
    return _INVISIBLE.sub("", _TURNS.sub("", name[-_LONGEST:])).lower().rstrip(". ")


def of_name(name: str) -> list[Danger]:
    """What the name alone says: a program, a script, or one dressed as a paper."""
    found: list[Danger] = []
    last = extension(name)
    if last in _PROGRAMS:
        found.append(Danger(DangerKind.EXECUTABLE, f"named .{last}"))
    elif last in _SCRIPTS:
        found.append(Danger(DangerKind.SCRIPT, f"named .{last}"))
    dressed = last in _PROGRAMS or last in _SCRIPTS or last in _PAGES
    before = [part.strip() for part in _plain(name).split(".")[1:-1]]
    if dressed and any(part in _PAPERS and part != last for part in before):
        found.append(Danger(DangerKind.DOUBLE_EXTENSION, f".{before[-1]}.{last}"))
    elif re.search(r" {8}", name) and dressed:
        found.append(Danger(DangerKind.DOUBLE_EXTENSION, f"blanks before .{last}"))
    if _TURNS.search(name):
        found.append(Danger(DangerKind.DOUBLE_EXTENSION, "the direction of writing is turned in the name"))
    return found


def of_claims(name: str, declared: str, kind: str) -> list[Danger]:
    """Name and declared type against the real one. What programs commonly confuse is no contradiction."""
    if kind in _UNTOLD:
        return []
    last = extension(name)
    claimed = _CLAIMS.get(last)
    if claimed is not None and kind not in claimed:
        return [Danger(DangerKind.MISNAMED, f"named .{last}, is {kind}")]
    said = _DECLARED.get(declared.lower())
    if said is not None and kind not in said:
        return [Danger(DangerKind.MISNAMED, f"declared {declared[:80]}, is {kind}")]
    return []


def is_of_name(danger: Danger) -> bool:
    """Whether it is the name or the declared type that is dangerous, and not the octets."""
    return danger.kind in (DangerKind.DOUBLE_EXTENSION, DangerKind.MISNAMED) or danger.detail.startswith("named .")
