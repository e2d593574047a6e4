"""Copies what the web serves out of node_modules into mailhub/admin/static/vendor, which git ignores.

A built wheel carries the result, so that a server needs no Node. Run by scripts/install.sh; `python scripts/assets.py`.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "mailhub" / "admin" / "static" / "vendor"
FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
}
# Each becomes a <symbol> of icons.svg; templates name them with the macro `icon`.
ICONS = """
house people envelope envelope-open envelope-check file-earmark-text file-earmark-arrow-down
file-earmark-check shield-check shield-exclamation patch-check patch-exclamation patch-question bar-chart gear
search funnel x-lg check-lg check-circle exclamation-triangle exclamation-octagon info-circle question-circle
clock hourglass-split arrow-left arrow-right arrow-repeat arrow-counterclockwise arrow-up arrow-down
chevron-down chevron-right list person person-plus person-x person-check person-gear person-badge key lock
unlock phone laptop printer download upload clipboard clipboard-check box-arrow-right sun moon circle-half
translate diagram-3 building inbox send hand-thumbs-up hand-thumbs-down pencil trash plus-lg three-dots eye
eye-slash link-45deg calendar3 journal-text database globe hdd-network activity bell flag stop-circle
play-circle collection card-list table filetype-csv filetype-xlsx filetype-docx filetype-pdf filetype-json
sliders book qr-code slash-circle
""".split()  # noqa: SIM905 - easier to add to


def main() -> None:
    """Copy the files, and make one sprite of the icons.

    Raises:
        FileNotFoundError: node_modules is not there (`npm ci`), or an icon's name is wrong.
    """
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        text = (MODULES / source).read_text()
        # Maps are not served: a browser that looks for them would find nothing.
        (VENDOR / name).write_text(re.sub(r"/[/*]# sourceMappingURL=\S+(?: \*/)?\s*$", "", text))
    symbols = [_symbol(name, (MODULES / "bootstrap-icons" / "icons" / f"{name}.svg").read_text()) for name in ICONS]
    svg = '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>"
    (VENDOR / "icons.svg").write_text(svg)
    shutil.copy(MODULES / "bootstrap-icons" / "LICENSE", VENDOR / "icons.LICENSE")


def _symbol(name: str, svg: str) -> str:
    body = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    assert body is not None
    inner = re.sub(r"\s*\n\s*", "", body[1])
    return f'<symbol id="{name}" viewBox="0 0 16 16" fill="currentColor">{inner}</symbol>'


if __name__ == "__main__":
    main()
