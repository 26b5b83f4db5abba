"""Which parts of a picture are hashed: views of ours, trims of a suspicious one.

A crop of a part c of our picture is found where some trim q of the query shows the same as some view v of
ours: c * q = v, in the same place. Words of the hash bear a misfit of about 4 % in scale and 3 % in place
(measured: of pictures scaled by 6 % and sampled 47 ms apart, 25 and 13 of 100 words were the same, and 81 and
84 of 100 stretches of 4 seconds had one); views and trims together leave no gap much wider than that for crops
of 62 to 100 % of the middle and of 70 to 100 % anywhere. Views cost room in the catalogue, trims only time.
"""

from __future__ import annotations

from smallscreen.rights.model import Box


def middle(across: float, down: float | None = None) -> Box:
    """The middle of a picture: so much of its width and height."""
    down = across if down is None else down
    return ((1 - across) / 2, (1 - down) / 2, (1 + across) / 2, (1 + down) / 2)


WHOLE: Box = (0.0, 0.0, 1.0, 1.0)

_CORNER = 0.6125
_FAR = 1 - _CORNER - 0.1
CORNERS = 5
"""From this view on they lie off the middle."""


def views(width: int, height: int) -> tuple[Box, ...]:
    """The parts of a picture of ours that are hashed; `view` of a reference's track counts in these.

    The whole, two crops of the middle, what is left when the film is cut to a square and to 4:5 (one lying
    down: to a square and to 9:16), and four parts toward the corners.
    """
    shape = width / height
    square = middle(1, shape) if shape <= 1 else middle(1 / shape, 1)
    if shape <= 1:
        last = middle(1, min(1.0, shape * 1.25)) if shape < 0.8 else middle(min(1.0, 0.8 / shape), 1)
    else:
        last = middle(0.5625 / shape, 1)
    corners = ((x, y, x + _CORNER, y + _CORNER) for y in (0.1, _FAR) for x in (0.1, _FAR))
    return (WHOLE, middle(0.8), middle(0.7), square, last, *corners)


_OFF = 0.875
_PLACES = (0.0, (1 - _OFF) / 2, 1 - _OFF)

CENTERED = 5
"""So many of the trims lie in the middle; only the whole picture of a query is hashed in the others too."""
TRIMS: tuple[Box, ...] = (
    WHOLE,
    middle(0.93),
    middle(0.86),
    middle(0.8),
    middle(0.7),
    *((x, y, x + _OFF, y + _OFF) for y in _PLACES for x in _PLACES),
)


def mirrored(box: Box) -> Box:
    """The same part of the picture seen in a mirror."""
    return (1 - box[2], box[1], 1 - box[0], box[3])


def inside(outer: Box, inner: Box) -> Box:
    """A box given as parts of `outer`, as parts of the whole picture."""
    wide, high = outer[2] - outer[0], outer[3] - outer[1]
    return (
        outer[0] + inner[0] * wide,
        outer[1] + inner[1] * high,
        outer[0] + inner[2] * wide,
        outer[1] + inner[3] * high,
    )


def placed(trim: Box, view: Box) -> Box:
    """Where our whole picture lies in the frame of a query whose `trim` shows our `view`."""
    across = (trim[2] - trim[0]) / (view[2] - view[0])
    down = (trim[3] - trim[1]) / (view[3] - view[1])
    left, top = trim[0] - view[0] * across, trim[1] - view[1] * down
    return (left, top, left + across, top + down)
