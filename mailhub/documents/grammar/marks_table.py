"""The stamps of urgency, secrecy and circulation, in every spelling that is met. Data only.

Words: Nghị định 30/2020/NĐ-CP, PL I, ô 10a, 10b, 11; Thông tư 24/2020/TT-BCA, mẫu 02 and 07.
"""

from __future__ import annotations

URGENCY = ("HỎA TỐC", "THƯỢNG KHẨN", "KHẨN")
SECRECY = ("TUYỆT MẬT", "TỐI MẬT", "MẬT")
CIRCULATION = ("LƯU HÀNH NỘI BỘ", "XEM XONG TRẢ LẠI", "TÀI LIỆU THU HỒI")

# Letters of the stamp without marks and blanks → the stamp.
BONES = {
    "hoatoc": "HỎA TỐC",
    "hoatochengio": "HỎA TỐC",
    "thuongkhan": "THƯỢNG KHẨN",
    "khan": "KHẨN",
    "tuyetmat": "TUYỆT MẬT",
    "toimat": "TỐI MẬT",
    "mat": "MẬT",
    "luuhanhnoibo": "LƯU HÀNH NỘI BỘ",
    "tailieuluuhanhnoibo": "LƯU HÀNH NỘI BỘ",
    "chiluuhanhnoibo": "LƯU HÀNH NỘI BỘ",
    "xemxongtralai": "XEM XONG TRẢ LẠI",
    "tailieuthuhoi": "TÀI LIỆU THU HỒI",
}

# What is left of a long stamp when OCR loses a word of it; nothing else in a header reads so.
FRAGMENTS = {
    "thuhoi": "TÀI LIỆU THU HỒI",
    "tailieuthu": "TÀI LIỆU THU HỒI",
    "luuhanhnoi": "LƯU HÀNH NỘI BỘ",
    "hanhnoibo": "LƯU HÀNH NỘI BỘ",
    "xemxongtra": "XEM XONG TRẢ LẠI",
    "xongtralai": "XEM XONG TRẢ LẠI",
}

# The short ones are other words as well (mắt, mất, mặt, khăn, khán): they count only with one of these vowels, written
# in NFC capitals; those of the second string only where the letters were read off an image.
VOWELS = {"mat": ("ẬA", "ẠÂẶẤẦẪẨĂÁÀ"), "khan": ("ẨA", "ÂẢẤẦẪẬĂẲÁ")}

# Fonts of before Unicode: the stamp as its bytes read in Windows-1252, in lower case, blanks removed.
LEGACY = {
    "mët": "MẬT",
    "tèimët": "TỐI MẬT",
    "tuyötmët": "TUYỆT MẬT",
    "háatèc": "HỎA TỐC",
    "hoảtèc": "HỎA TỐC",
    "ho¶tèc": "HỎA TỐC",
    "th\u00adîngkhèn": "THƯỢNG KHẨN",
    "thîngkhèn": "THƯỢNG KHẨN",
    "khèn": "KHẨN",
    "l\u00aduhµnhnéibé": "LƯU HÀNH NỘI BỘ",
    "luhµnhnéibé": "LƯU HÀNH NỘI BỘ",
    "maät": "MẬT",
    "toáimaät": "TỐI MẬT",
    "tuyeätmaät": "TUYỆT MẬT",
    "hoûatoác": "HỎA TỐC",
    "hoaûtoác": "HỎA TỐC",
    "thöôïngkhaån": "THƯỢNG KHẨN",
    "khaån": "KHẨN",
}

# Letters that OCR takes for one another in stamped capitals.
ALIKE = ("hnkbm", "oacegdqu0", "trfliyj1", "mnhw", "vyu", "ceo", "pf", "sz5", "gq", "xk")
