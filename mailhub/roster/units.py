"""Which agency a list means by the words it uses: `P. Kinh tế`, `UBND xã Tân Phú`, a heading above. Pure."""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from mailhub.roster.entries import Entry
from mailhub.roster.findings import Finding
from mailhub.roster.sections import is_part_of_unit
from mailhub.text.folding import fold

_SHORT = (
    (re.compile(r"\bub ?nd\b"), "uy ban nhan dan"),
    (re.compile(r"\bhd ?nd\b"), "hoi dong nhan dan"),
    (re.compile(r"\b(?:ubmttq|mttq)\b"), "mat tran to quoc"),
    (re.compile(r"^p\b(?! phong)"), "phong"),
    (re.compile(r"^(?:vp|v\.p)\b"), "van phong"),
    (re.compile(r"^t(?:rung )?t(?:am)?\b(?! )"), "trung tam"),
    (re.compile(r"^tt\b"), "trung tam"),
    (re.compile(r"^cc\b"), "chi cuc"),
    (re.compile(r"\bgd ?(?:va|&)? ?dt\b"), "giao duc va dao tao"),
    (re.compile(r"\bnn ?(?:va|&)? ?mt\b"), "nong nghiep va moi truong"),
    (re.compile(r"\bkh ?(?:va|&)? ?cn\b"), "khoa hoc va cong nghe"),
    (re.compile(r"\bvh ?tt ?(?:va|&)? ?dl\b|\bvhttdl\b"), "van hoa the thao va du lich"),
)
_SIGNS = re.compile(r"[^\w]+")
# What may stand before a commune's name, or not.
_BEFORE = re.compile(r"^(?:uy ban nhan dan|hoi dong nhan dan va uy ban nhan dan|don vi|co quan) ")
_LIKE = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An agency as far as lists name it."""

    id: int
    code: str
    name: str
    parent_id: int | None
    identifier: str | None = None
    former_identifier: str | None = None


def key_of(words: str) -> str:
    """A unit's name for comparison: folded, signs gone, the usual abbreviations written out."""
    plain = _SIGNS.sub(" ", fold(words).replace("&", " va ")).strip()
    for shape, whole in _SHORT:
        plain = shape.sub(whole, plain)
    return plain


@dataclass(slots=True)
class Units:
    """The agencies below (and with) `base`, found by their words."""

    base: int
    by_id: dict[int, Unit] = field(default_factory=dict)
    _keys: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _codes: dict[str, int] = field(default_factory=dict)
    _paths: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _known: dict[tuple[object, ...], int | Finding] = field(default_factory=dict)
    _outside: Counter[str] = field(default_factory=Counter)  # names and codes of agencies that are not below the base

    def resolve(self, entry: Entry) -> int | Finding:
        """The agency of this row, or what is the matter with its words."""
        key = (entry.unit_code, entry.unit, entry.sections, entry.sheet)
        if key not in self._known:
            self._known[key] = self._resolve(entry)
        return self._known[key]

    def path(self, number: int) -> tuple[int, ...]:
        """The agency and those above it, up to the base; itself alone when it is not below the base."""
        return self._paths.get(number, (number,))

    def _resolve(self, entry: Entry) -> int | Finding:
        if entry.unit_code:
            found = self._codes.get(entry.unit_code.strip().casefold())
            if found is not None:
                return found
            if self._outside[_code_key(entry.unit_code)]:
                return self._not_here(entry.unit_code)
            return Finding(f"không có đơn vị nào có mã “{entry.unit_code}”", "kiểm tra lại mã đơn vị")
        scope, strange = self._by_sections(entry)
        if entry.unit:
            return self._one_of(entry.unit, scope)
        return scope if strange is None else strange

    def _by_sections(self, entry: Entry) -> tuple[int, Finding | None]:
        """As deep as the headings lead; the last one that names nobody of ours, if any."""
        scope, strange = self.base, None
        if not entry.sections and entry.sheet:
            named = self._found(key_of(entry.sheet), self.base)
            return (named[0] if len(named) == 1 else self.base), None
        for words in entry.sections:
            found = self._one_of(words, scope)
            if isinstance(found, Finding) and scope != self.base and len(self._found(key_of(words), self.base)) == 1:
                found = self._found(key_of(words), self.base)[0]
            if isinstance(found, int):
                scope, strange = found, None
            elif not is_part_of_unit(words):
                strange = found
        return scope, strange

    def _one_of(self, words: str, scope: int) -> int | Finding:
        key = key_of(words)
        found = self._found(key, scope) or self._found(key, self.base)
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            names = ", ".join(self._path_words(one) for one in found[:4])
            return Finding(
                f"“{words}” có thể là nhiều đơn vị: {names}", "ghi rõ đơn vị cấp trên, hoặc dùng cột Mã đơn vị"
            )
        # Of several ("Văn phòng") none can be meant, only one that is missing here.
        if any(self._outside[one] == 1 for one in (key, _BEFORE.sub("", key))):
            return self._not_here(words)
        near = self._near(key)
        todo = f"có phải “{near}”? " if near else ""
        return Finding(f"chưa có đơn vị “{words[:80]}” trong danh mục", todo + "sửa tên, hoặc tạo đơn vị trước")

    def _found(self, key: str, scope: int) -> list[int]:
        """Those of this name below `scope`, the nearest to it only."""
        for one in dict.fromkeys((key, _BEFORE.sub("", key))):
            places = [
                (path.index(scope), number)
                for number in self._keys.get(one, ())
                if scope in (path := self._paths[number])
            ]
            if places:
                nearest = min(places)[0]
                return [number for depth, number in places if depth == nearest]
        return []

    def _not_here(self, words: str) -> Finding:
        base = self.by_id.get(self.base)
        here = f"danh sách của {base.code}" if base is not None and base.code else "danh sách này"
        return Finding(
            f"đơn vị “{words[:80]}” ngoài phạm vi {here}",
            "đưa dòng này vào danh sách của đơn vị đó; nếu là đơn vị cùng tên ở đây: tạo đơn vị trước",
        )

    def _near(self, key: str) -> str:
        close = difflib.get_close_matches(key, list(self._keys), n=1, cutoff=_LIKE) if len(self._keys) < 5_000 else []
        return self.by_id[self._keys[close[0]][0]].name if close else ""

    def _path_words(self, number: int) -> str:
        above = self._paths[number][1:2]
        unit = self.by_id[number]
        over = f" ({self.by_id[above[0]].name})" if above and above[0] in self.by_id else ""
        return f"{unit.name}{over} [{unit.code}]"

    def add(self, unit: Unit, path: tuple[int, ...]) -> None:
        """Enter a unit; `path`: it and those above it, up to the base."""
        self.by_id[unit.id], self._paths[unit.id] = unit, path
        for code in filter(None, (unit.code, unit.identifier, unit.former_identifier)):
            self._codes[code.casefold()] = unit.id
        for key in self._names(unit):
            self._keys[key].append(unit.id)

    def add_outside(self, unit: Unit) -> None:
        """Remember that it exists elsewhere, so that a row which names it is told so."""
        key = key_of(unit.name)
        codes = filter(None, (unit.code, unit.identifier, unit.former_identifier))
        self._outside.update({key, _BEFORE.sub("", key), key_of(unit.code)} - {""})
        self._outside.update({_code_key(code) for code in codes})

    def _names(self, unit: Unit) -> Iterable[str]:
        key = key_of(unit.name)
        names = {key, _BEFORE.sub("", key), key_of(unit.code)}
        parent = self.by_id.get(unit.parent_id or 0)
        if parent is not None:  # "Văn phòng Sở Nội vụ" is "Văn phòng" within the Sở
            names |= {name.removesuffix(" " + above) for name in (key,) for above in self._short_names(parent)}
        return {name for name in names if name}

    @staticmethod
    def _short_names(unit: Unit) -> set[str]:
        key = key_of(unit.name)
        return {key, _BEFORE.sub("", key)}


def _code_key(code: str) -> str:
    """Kept beside the names, and never equal to one."""
    return "#" + code.strip().casefold()


def units_of(base: int, units: Iterable[Unit], outside: Iterable[Unit] = ()) -> Units:
    """The index of `units`, which are `base` and what is below it, in any order. `outside`: others that may be named
    to whoever asks."""
    given = {one.id: one for one in units}
    paths: dict[int, tuple[int, ...]] = {}

    def path(number: int) -> tuple[int, ...]:
        if number not in paths:
            parent = given[number].parent_id
            above = () if number == base or parent is None or parent not in given else path(parent)
            paths[number] = (number, *above)
        return paths[number]

    found = Units(base)
    for one in sorted(given.values(), key=lambda one: (len(path(one.id)), one.id)):
        found.add(one, path(one.id))
    for one in outside:
        found.add_outside(one)
    return found
