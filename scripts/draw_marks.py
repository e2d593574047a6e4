"""Draw the words of stamps for mailhub/files/mark_shapes.py and write them to mailhub/files/marks.npz.

The words are those of Decree 30/2020 (Annex I, boxes 10a, 10b and 11) and Circular 24/2020/TT-BCA, in free fonts that
look like those of stamps: bold, with serifs and without. Neither Pillow's font engine nor the fonts are needed to run
mailhub:

    .venv/bin/python scripts/draw_marks.py mailhub/files/marks.npz
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

CAPITAL = 24  # pixels that a capital without marks is high
FOLDER = Path("/usr/share/fonts/truetype")
FONTS = (
    "liberation/LiberationSerif-Bold.ttf",
    "liberation/LiberationSans-Bold.ttf",
    "noto/NotoSerif-Bold.ttf",
    "liberation/LiberationSansNarrow-Bold.ttf",
)
# What is drawn, and which mark it is; "" is a word that stands in frames and is none.
WORDS = {
    "HỎA TỐC": "HỎA TỐC",
    "HOẢ TỐC": "HỎA TỐC",
    "HỎA TỐC HẸN GIỜ": "HỎA TỐC HẸN GIỜ",
    "THƯỢNG KHẨN": "THƯỢNG KHẨN",
    "KHẨN": "KHẨN",
    "TUYỆT MẬT": "TUYỆT MẬT",
    "TỐI MẬT": "TỐI MẬT",
    "MẬT": "MẬT",
    "XEM XONG TRẢ LẠI": "XEM XONG TRẢ LẠI",
    "LƯU HÀNH NỘI BỘ": "LƯU HÀNH NỘI BỘ",
    "TÀI LIỆU THU HỒI": "TÀI LIỆU THU HỒI",
    "SAO Y": "",
    "SAO LỤC": "",
    "BẢN SAO": "",
    "ĐẾN": "",
    "CÔNG VĂN ĐẾN": "",
    "DỰ THẢO": "",
    "HẠN CHẾ": "",
    "ĐÃ KÝ": "",
    "BẢN CHÍNH": "",
}


def main() -> None:
    drawn = {}
    for number, name in enumerate(FONTS):
        font = _font(FOLDER / name)
        for word, mark in WORDS.items():
            drawn[f"{mark}|{word}|{number}"] = _drawn(word, font)
    np.savez_compressed(sys.argv[1], **drawn)
    print(f"{len(drawn)} words, {Path(sys.argv[1]).stat().st_size} octets")


def _font(path: Path) -> ImageFont.FreeTypeFont:
    size = 10
    while True:
        font = ImageFont.truetype(str(path), size)
        _, top, _, bottom = font.getbbox("H")
        if bottom - top >= CAPITAL:
            return font
        size += 1


def _drawn(word: str, font: ImageFont.FreeTypeFont) -> np.ndarray:
    """The word, ink 255; as much above the capitals as below them, so that a capital's middle is the picture's."""
    left, top, right, bottom = font.getbbox(word)
    _, capital_top, _, capital_bottom = font.getbbox("H")
    middle = (capital_top + capital_bottom) // 2
    reach = int(max(middle - top, bottom - middle)) + 1
    picture = Image.new("L", (int(right - left) + 2, 2 * reach))
    ImageDraw.Draw(picture).text((1 - left, reach - middle), word, font=font, fill=255)
    return np.asarray(picture)


if __name__ == "__main__":
    main()
