"""Where a seal goes on a page. Pure reckoning: boxes are left, bottom, right, top.

A page has units of its own (1/72 inch times /UserUnit), a visible part (/CropBox) and is shown turned by /Rotate
(ISO 32000-2 § 7.7.3.3). "Left" and "top" of the decree are those of the page as it is shown; so the place is reckoned
in shown coordinates, in points from the lower left corner of what is seen, and then carried back.
"""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[float, float, float, float]

POINTS_PER_MM = 72 / 25.4
# Of its height the seal may be moved up or down to stay on the page: the decree fixes a third and the left side only.
_SHIFT = 0.25
_GRACE = 1.0  # points that a box may stick out of the page: rounding of the page's size


@dataclass(frozen=True, slots=True)
class Frame:
    """A page: its visible part in its own units, clockwise quarter turns, points per unit."""

    crop: Box
    quarters: int = 0
    unit: float = 1.0

    @property
    def width(self) -> float:
        """Of the shown page, in points."""
        left, bottom, right, top = self.crop
        return ((top - bottom) if self.quarters % 2 else (right - left)) * self.unit

    @property
    def height(self) -> float:
        """Of the shown page, in points."""
        left, bottom, right, top = self.crop
        return ((right - left) if self.quarters % 2 else (top - bottom)) * self.unit

    def shown(self, box: Box) -> Box:
        """A box of the page's own units, as it is shown in points."""
        corners = (self._to(box[0], box[1]), self._to(box[2], box[3]))
        return _ordered(*corners)

    def own(self, box: Box) -> Box:
        """A shown box in the page's own units."""
        corners = (self._back(box[0], box[1]), self._back(box[2], box[3]))
        return _ordered(*corners)

    @property
    def upright(self) -> tuple[int, int, int, int, int, int]:
        """/Matrix of an appearance that is to stand upright on the shown page (ISO 32000-2 § 12.5.5: what is left of
        moving is done by the reader, who fits it into /Rect)."""
        turns = ((1, 0, 0, 1, 0, 0), (0, 1, -1, 0, 0, 0), (-1, 0, 0, -1, 0, 0), (0, -1, 1, 0, 0, 0))
        return turns[self.quarters % 4]

    def _to(self, x: float, y: float) -> tuple[float, float]:
        left, bottom, right, top = self.crop
        at = ((x - left, y - bottom), (y - bottom, right - x), (right - x, top - y), (top - y, x - left))
        across, up = at[self.quarters % 4]
        return across * self.unit, up * self.unit

    def _back(self, x: float, y: float) -> tuple[float, float]:
        left, bottom, right, top = self.crop
        x, y = x / self.unit, y / self.unit
        at = ((left + x, bottom + y), (right - y, bottom + x), (right - x, top - y), (left + y, top - x))
        return at[self.quarters % 4]


def _ordered(one: tuple[float, float], other: tuple[float, float]) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])


def over_a_third(person: Box, width: float, height: float, frame: Frame) -> Box | None:
    """Where a seal of this size lies: over the left third of the person's signature (Nghị định 30/2020/NĐ-CP PL I mục
    II.8a: "trùm lên khoảng 1/3 hình ảnh chữ ký về bên trái"), centred on it in height. All in shown points.

    None: it would stick out of the page. It is moved up or down a little before that is said, never to the side.
    """
    right = person[0] + (person[2] - person[0]) / 3
    bottom = (person[1] + person[3] - height) / 2
    within = min(max(bottom, 0.0), frame.height - height)
    if abs(within - bottom) > _SHIFT * height or right - width < -_GRACE or right > frame.width + _GRACE:
        return None
    return right - width, within, right, within + height


def top_right(width: float, height: float, frame: Frame, *, margin: float) -> Box | None:
    """A box at the top right corner, so far from both edges; None when the page is too small for it."""
    box = (frame.width - margin - width, frame.height - margin - height, frame.width - margin, frame.height - margin)
    return box if box[0] >= 0 and box[1] >= 0 else None
