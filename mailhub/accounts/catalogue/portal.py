"""The page of official addresses for the province's portal, as HTML and JSON files that any web server can serve.

NĐ 64/2007/NĐ-CP asks agencies to publish their "Danh mục địa chỉ thư điện tử chính thức". Only what was made public
is in it. The page works without scripts, on a telephone, and for screen readers: one heading an agency, a table whose
cells carry their names, a list of contents to jump from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from pathlib import Path

from sqlalchemy import Connection

from mailhub.accounts.catalogue.entries import Entry, View
from mailhub.accounts.catalogue.search import every_entry
from mailhub.accounts.models import MailboxKind
from mailhub.clock import local_time
from mailhub.store.whole_file import write_whole

HTML_FILE, JSON_FILE = "dia-chi-thu-dien-tu.html", "dia-chi-thu-dien-tu.json"
# A page without anything from elsewhere says so, and the browser holds it to that.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root{color-scheme:light dark}
body{font:1.05rem/1.6 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem}
a{overflow-wrap:anywhere}
nav ul{columns:18rem;padding-left:1.2rem}
h2{margin:2rem 0 .3rem;font-size:1.2rem}
table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid #8888;padding:.4rem .6rem .4rem 0;text-align:left;vertical-align:top}
@media(max-width:40rem){thead{position:absolute;left:-9999px}tr,td{display:block;border:0;padding:.1rem 0}
tr{border-bottom:1px solid #8888;padding:.5rem 0}td::before{content:attr(data-label) ": ";font-weight:600}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """The two files' contents, and how much is in them."""

    html: str
    json: str
    agencies: int
    addresses: int


def make_portal(connection: Connection, *, province: str, at: int) -> Portal:
    """What the public may see, as of that moment. `province` is the name in the heading."""
    found = list(every_entry(connection, None, view=View.PUBLIC, at=at))
    groups = [(code, list(rows)) for code, rows in groupby(found, key=lambda entry: entry.agency_code)]
    day = local_time(at)
    return Portal(
        html=_page(province, groups, day),
        json=_data(province, found, day),
        agencies=len(groups),
        addresses=len(found),
    )


def write_portal(portal: Portal, folder: Path, write: Callable[[Path, str], None] = write_whole) -> tuple[Path, Path]:
    """Write both files, each as a whole or not at all; readable by the web server. `write` is who may write there.

    Raises:
        OSError
    """
    page, data = folder / HTML_FILE, folder / JSON_FILE
    write(page, portal.html)
    write(data, portal.json)
    return page, data


def _data(province: str, found: Iterable[Entry], day: datetime) -> str:
    rows = [
        {
            "agency": entry.agency,
            "agency_code": entry.agency_code,
            "agency_kind": entry.agency_kind,
            "name": entry.name,
            "title": entry.title,
            "address": entry.address,
            "kind": "person" if entry.kind is MailboxKind.PERSONAL else "office",
        }
        for entry in found
    ]
    whole = {"province": province, "updated": day.isoformat(timespec="seconds"), "addresses": rows}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _page(province: str, groups: Sequence[tuple[str, Sequence[Entry]]], day: datetime) -> str:
    title = f"Danh mục địa chỉ thư điện tử chính thức – {province}"
    contents = "\n".join(
        f'<li><a href="#dv-{number}">{escape(rows[0].agency)}</a></li>' for number, (_, rows) in enumerate(groups, 1)
    )
    sections = "\n".join(_section(number, rows) for number, (_, rows) in enumerate(groups, 1))
    nothing = "" if groups else "<p>Chưa có địa chỉ nào được công khai.</p>"
    return f"""<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p>Cập nhật <time datetime="{day.isoformat(timespec="seconds")}">{day:%H:%M ngày %d/%m/%Y}</time>.</p>
</header>
<nav aria-label="Các đơn vị">
<ul>
{contents}
</ul>
</nav>
<main>
{nothing}{sections}
</main>
</body>
</html>
"""


def _section(number: int, rows: Sequence[Entry]) -> str:
    lines = "\n".join(_row(entry) for entry in rows)
    return f"""<section aria-labelledby="dv-{number}">
<h2 id="dv-{number}">{escape(rows[0].agency)}</h2>
<table>
<thead><tr><th scope="col">Hộp thư</th><th scope="col">Chức vụ</th><th scope="col">Địa chỉ</th></tr></thead>
<tbody>
{lines}
</tbody>
</table>
</section>"""


def _row(entry: Entry) -> str:
    address = escape(entry.address)
    title = escape(entry.title) or "–"
    return (
        f'<tr><td data-label="Hộp thư">{escape(entry.name)}</td><td data-label="Chức vụ">{title}</td>'
        f'<td data-label="Địa chỉ"><a href="mailto:{address}">{address}</a></td></tr>'
    )
