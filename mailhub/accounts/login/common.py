"""Passwords that anybody tries first. A short list of patterns of ours, not of leaks: what officials make of a rule
that asks for four kinds of character is a word that everybody has, a sign, and a year.

Only the plain letters count: who types "Mật-khẩu" with its marks has made another word than "matkhau".
"""

from __future__ import annotations

import re

_LIST = """
matkhau matkhaumoi password passwd pass admin administrator quantri quantrivien root user test demo welcome
hello abc abcd abcde abcdef abcdefgh abcxyz aabb asdf asdfgh asdfghjkl qwe qwer qwert qwerty qwertyuiop zxc zxcv
zxcvbn zxcvbnm qaz qazwsx wsx iloveyou anhyeuem emyeuanh yeuem mailhub email thudientu congvu congchuc canbo
vanthu vanphong ubnd hdnd tinhuy sonoivu soyte vietnam vietnamese saigon hochiminh tphcm tphochiminh hanoi
haiphong danang hue cantho laichau dienbien sonla langson quangninh thanhhoa nghean hatinh caobang tuyenquang
laocai thainguyen phutho bacninh hungyen ninhbinh quangtri quangngai gialai khanhhoa lamdong daklak dongnai
tayninh vinhlong dongthap camau angiang bacgiang backan hagiang yenbai hoabinh vinhphuc haiduong thaibinh hanam
namdinh quangbinh quangnam binhdinh phuyen ninhthuan binhthuan kontum daknong binhphuoc binhduong longan
bariavungtau tiengiang bentre travinh haugiang soctrang baclieu kiengiang
"""
_WORDS = frozenset(_LIST.split())
_LEET = str.maketrans({"@": "a", "4": "a", "0": "o", "1": "i", "3": "e", "$": "s", "5": "s", "7": "t"})
_RUNS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb")
_RUN = 4


def is_common(secret: str) -> bool:
    """Whether the password is a well-known word with figures and signs around it, or runs along the keyboard."""
    lowered = secret.lower()
    plain = {_letters(_bare(lowered)), _letters(lowered), _letters(_bare(lowered).translate(_LEET))}
    return bool(plain & _WORDS) or _is_run(re.sub(r"[^a-z0-9]", "", lowered))


def _bare(text: str) -> str:
    """Without the figures and signs before and behind it: `@` in `P@ssw0rd` stands for a letter, in `Abc@123` not."""
    return re.sub(r"^[^a-z]+|[^a-z]+$", "", text)


def _letters(text: str) -> str:
    return re.sub(r"[^\w\s]|[\d_]", "", text)  # blanks stay: "a b c" is several words


def _is_run(signs: str) -> bool:
    """Whether nothing is left once every run of four or more neighbours, either way, is taken out."""
    for run in (*_RUNS, *(run[::-1] for run in _RUNS)):
        for size in range(len(run), _RUN - 1, -1):
            for start in range(len(run) - size + 1):
                signs = signs.replace(run[start : start + size], "")
    return len(signs) < 2
