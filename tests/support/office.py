"""Office files of today, zipped by hand: the test writes the XML that matters, the rest is filled in."""

from __future__ import annotations

import io
import zipfile

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPACES = (
    f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override ContentType="{0}"/></Types>'
)
_OASIS = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
    for name, full in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("style", "style")
    )
)  # fmt: skip


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A ZIP archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def paragraph(*texts: str, properties: str = "") -> str:
    """A paragraph whose runs are these texts; `\\t` and `\\n` become tabs and line breaks."""
    runs = ""
    for text in texts:
        inner = text.replace("\t", "</w:t><w:tab/><w:t>").replace("\n", "</w:t><w:br/><w:t>")
        runs += f'<w:r>{properties}<w:t xml:space="preserve">{inner}</w:t></w:r>'
    return f"<w:p>{runs}</w:p>"


def table(*rows: tuple[str, ...]) -> str:
    """A table; each cell is the XML of its paragraphs."""
    return (
        "<w:tbl>" + "".join("<w:tr>" + "".join(f"<w:tc>{c}</w:tc>" for c in r) + "</w:tr>" for r in rows) + "</w:tbl>"
    )


def part(body: str, root: str = "document") -> str:
    """A WordprocessingML part."""
    inner = f"<w:body>{body}</w:body>" if root == "document" else body
    return f'<?xml version="1.0" encoding="UTF-8"?><w:{root} {_SPACES}>{inner}</w:{root}>'


def docx(body: str, *, macros: bool = False, more: dict[str, str | bytes] | None = None) -> bytes:
    """A Word document with this body."""
    kind = "application/vnd.ms-word.document.macroEnabled.main+xml" if macros else (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    )  # fmt: skip
    parts: dict[str, str | bytes] = {"[Content_Types].xml": _TYPES.format(kind), "word/document.xml": part(body)}
    if macros:
        parts["word/vbaProject.bin"] = b"\xd0\xcf\x11\xe0"
    return zipped({**parts, **(more or {})})


def relations(*items: tuple[str, str]) -> str:
    """A part of relations to targets outside the file: (last word of the type, target)."""
    rows = "".join(
        f'<Relationship Id="r{i}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
        f'Target="{target}" TargetMode="External"/>'
        for i, (kind, target) in enumerate(items)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def open_document(body: str, *, kind: str = "text", more: dict[str, str | bytes] | None = None) -> bytes:
    """An OpenDocument file whose `office:text` (or `office:spreadsheet`) holds this."""
    content = (
        f'<office:document-content {_OASIS}><office:body><office:{kind}>{body}</office:{kind}></office:body>'
        "</office:document-content>"
    )  # fmt: skip
    mark = f"application/vnd.oasis.opendocument.{kind}"
    return zipped({"mimetype": mark, "content.xml": content, **(more or {})})


def styles_odt(header: str) -> str:
    """A part `styles.xml` with one page header."""
    return (
        f"<office:document-styles {_OASIS}><office:master-styles><style:master-page><style:header>{header}"
        "</style:header></style:master-page></office:master-styles></office:document-styles>"
    )


def xlsx(sheets: dict[str, str]) -> bytes:
    """An Excel file: rows (`<row>…`) by the name of their sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    names = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(sheets, 1))
    rows = "".join(
        f'<Relationship Id="r{i}" Type="{office}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    top = f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
    return zipped(
        {
            "[Content_Types].xml": _TYPES.format(kind),
            "_rels/.rels": f'<Relationships xmlns="{package}">{top}</Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{names}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">{rows}</Relationships>',
            **{
                f"xl/worksheets/sheet{i}.xml": f'<worksheet xmlns="{main}"><sheetData>{row}</sheetData></worksheet>'
                for i, row in enumerate(sheets.values(), 1)
            },
        }
    )


def cell(place: str, text: str) -> str:
    """A cell with a text of its own."""
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
