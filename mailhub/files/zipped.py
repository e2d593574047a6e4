"""Which kind of file a ZIP archive is: office documents, programs and plain archives share the container."""

from __future__ import annotations

import re

from mailhub.files.package import BadPackage, Package

# What `[Content_Types].xml` calls the main part (ECMA-376 part 2 § 10.1.2), in the order in which to look.
_MAIN_PARTS = (
    (b"word/document.macroEnabled", "docm"),
    (b"ms-word.document.macroEnabledTemplate", "docm"),
    (b"ms-word.template.macroEnabled", "docm"),
    (b"ms-word.document.macroEnabled", "docm"),
    (b"wordprocessingml.document.main", "docx"),
    (b"wordprocessingml.template.main", "docx"),
    (b"ms-excel.sheet.macroEnabled", "xlsm"),
    (b"ms-excel.template.macroEnabled", "xlsm"),
    (b"ms-excel.sheet.binary", "xlsx"),
    (b"spreadsheetml.sheet.main", "xlsx"),
    (b"spreadsheetml.template.main", "xlsx"),
    (b"presentationml.", "pptx"),
    (b"ms-powerpoint.", "pptx"),
)
_FOLDERS = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
# The member `mimetype` of OpenDocument 1.3 part 2 § 3.3.
_OPEN_DOCUMENT = (
    (b"application/vnd.oasis.opendocument.text", "odt"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "ods"),
    (b"application/vnd.oasis.opendocument.presentation", "odp"),
)
_CLASS = re.compile(r"[^\x00]*\.class")
_HEAD = 65_536


def kind_of_zip(data: memoryview) -> str:
    """The type of a file that begins as a ZIP archive; damaged ones by what still shows."""
    try:
        package = Package(data)
        return _kind(package)
    except BadPackage:
        return _by_traces(bytes(data[:_HEAD]))


def _kind(package: Package) -> str:
    if "[Content_Types].xml" in package.names:
        declared, _ = package.head("[Content_Types].xml", 2**20)
        for mark, kind in _MAIN_PARTS:
            if mark in declared:
                return kind
        for folder, kind in _FOLDERS:
            if any(name.startswith(folder) for name in package.names):
                return kind
    if "mimetype" in package.names:
        declared, _ = package.head("mimetype", 200)
        for mark, kind in _OPEN_DOCUMENT:
            if declared.startswith(mark):
                return kind
    if "META-INF/MANIFEST.MF" in package.names and any(map(_CLASS.fullmatch, package.names)):
        return "jar"
    return "zip"


def _by_traces(head: bytes) -> str:
    """The list of members stands at the end of the file; names stand before each member as well."""
    if b"[Content_Types].xml" in head or b"_rels/.rels" in head:
        for folder, kind in _FOLDERS:
            if folder.encode() in head:
                return kind
    for mark, kind in _OPEN_DOCUMENT:
        if b"mimetype" + mark in head[:200]:
            return kind
    return "zip"
