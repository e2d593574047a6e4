"""Domains made to look like one of ours: `tinh-gov.vn`, `tinh.gov.com`, `tịnh.gov.vn`, `tinh.gov.vn.dang-nhap.com`.

Nothing is refused because of a look: rules decide what a look-alike means (reference/threats § 4, number 7). Within
gov.vn, which only state bodies can register (Nghị định 43/2011/NĐ-CP Điều 6), a name one letter away is a neighbour;
elsewhere it is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

from mailhub.policy.confusable import ANY, alike, one_by_one, skeleton, unmarked
from mailhub.policy.lists.lookup import under

_STATE = "gov.vn"
_GOV = skeleton("gov")
# Registered by schools and their offices only (Thông tư 24/2015/TT-BTTTT): laocai.edu.vn is the province's schools'.
_SCHOOLS = (".edu.vn", ".ac.vn")
_SHORTEST = 3  # letters of a name: with fewer anything is like anything
_DOTLESS = 6  # letters of a whole domain that may be compared without its dots


def lookalike_of(domain: str, own_domains: Collection[str], real: Collection[str] = ()) -> str:
    """The domain of ours that `domain` is made to look like; "" when it is none, ours, or known as a real one.

    `domain` may be written in A-labels or as people see it. `real` are domains of others that are called like ours.
    """
    name = domain.strip().rstrip(".").lower()
    if not name or under(name, own_domains) or under(name, real):
        return ""
    return _judge(name, _tops(frozenset(own_domains)))


@lru_cache(maxsize=16)
def _tops(own_domains: frozenset[str]) -> tuple[str, ...]:
    """Without those below another: who imitates `syt.tinh.gov.vn` imitates `tinh.gov.vn`."""
    return tuple(sorted(own for own in own_domains if not under(own.partition(".")[2], own_domains)))


@lru_cache(maxsize=4096)
def _judge(name: str, own_domains: tuple[str, ...]) -> str:
    seen = _as_seen(name)
    return next((own for own in own_domains if _like(seen, own)), "")


def _as_seen(name: str) -> str:
    """A-labels as the letters that a mail client shows (RFC 3492); what cannot be read stays."""
    return ".".join(_letters(label) for label in name.split("."))


def _letters(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _like(seen: str, own: str) -> bool:
    shown, ours = skeleton(seen), _skeleton(own)
    own_bare = _bare(ours)
    for tail in _tails(shown):
        if alike(tail, ours) or (len(own_bare) >= _DOTLESS and alike(_bare(tail), own_bare)):
            return True
    plain = unmarked(seen)
    if own.endswith("." + _STATE):
        return not _of_the_state(plain, seen) and _like_state(shown, plain, own)
    return _begins_as(plain, own)


@lru_cache(maxsize=1024)
def _skeleton(text: str) -> str:
    return skeleton(text)


def _tails(shown: str) -> Iterator[str]:
    """The domain, then without its first label, its first two, …: `mail.t1nh.gov.vn` is like `tinh.gov.vn`."""
    labels = shown.split(".")
    return (".".join(labels[start:]) for start in range(max(len(labels) - 1, 1)))


def _of_the_state(plain: str, seen: str) -> bool:
    return seen.isascii() and (plain == _STATE or plain.endswith("." + _STATE))


def _like_state(shown: str, plain: str, own: str) -> bool:
    """Outside gov.vn: our name with `gov` beside it anywhere, with another ending, or a slip of one letter away."""
    name = own.removesuffix("." + _STATE).rpartition(".")[2]
    if len(name) < _SHORTEST:
        return False
    return (
        _beside_gov(_bare(shown), _bare(_skeleton(name)))
        or _beside_gov(_bare(one_by_one(plain)), _bare(one_by_one(name)))  # `govvn` is no `gown`
        or _other_ending(plain, name)
        or any(_one_slip(_bare(tail), _bare(own)) for tail in _tails(plain))
    )


def _beside_gov(bare: str, name: str) -> bool:
    after = name + _GOV
    if after in bare or _GOV + name in bare:
        return True
    return ANY in bare and any(alike(bare[at : at + len(after)], after) for at in range(len(bare)))


def _other_ending(plain: str, name: str) -> bool:
    """`laocai.vn`, `laocai.com.vn`, `mail.laocai.org`: our name as the registered one, under another ending."""
    if plain.endswith(_SCHOOLS):
        return False
    labels = plain.split(".")
    endings = 2 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS else 1
    at = len(labels) - endings - 1
    return at >= 0 and skeleton(labels[at]).replace("-", "") == skeleton(name).replace("-", "")


# Under a country's ending these are no names but kinds (com.vn, edu.vn, co.uk).
_SECOND_LEVELS = frozenset({
    "com", "net", "org", "edu", "gov", "info", "biz", "name", "pro", "health", "ac", "int", "co", "io", "ai", "id",
})  # fmt: skip


def _begins_as(plain: str, own: str) -> bool:
    """`own.vn.dang-nhap.com`, `own-vn.com`: one of ours that is not the state's, with more behind it."""
    bare = plain.replace("-", ".")
    return f".{own.replace('-', '.')}." in f".{bare}."


def _bare(text: str) -> str:
    return text.replace(".", "").replace("-", "")


def _one_slip(left: str, right: str) -> bool:
    """Whether one letter is missing, doubled, changed or swapped with its neighbour (Damerau's distance of one)."""
    if abs(len(left) - len(right)) > 1 or left == right:
        return left == right
    at = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    a, b = left[at:], right[at:]
    swapped = len(a) > 1 and len(b) > 1 and (a[1], a[0]) == (b[0], b[1]) and a[2:] == b[2:]
    return swapped or a[1:] == b or a == b[1:] or a[1:] == b[1:]
