"""Two small PNG files per image for the reader of a report: the bare image, and one with the saliency map.

Owns how evidence, region, point and boxes are drawn. All are distinguishable without colour: evidence by
lightness, the region by a solid line, boxes by a dashed one, the point by a ring.
Source of the colours: inferno by Smith and van der Walt (CC0), uniform in lightness.
"""

import io
import itertools

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from model.explanation.saliency import Area, Pointed, enlarged
from protocols.tables.boxes_and_marks import Rectangles

SIDE = 224  # pixels of the longer side of a finished image
FINE = 2  # drawn so many times larger, so that lines are smooth
SOLID = 0.62  # opacity of the strongest evidence
LINE, DASH, RING = 4, 14, 11  # pixels of the larger drawing
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
INFERNO = (
    *((0, 0, 4), (31, 12, 72), (85, 15, 109), (136, 34, 106), (186, 54, 85)),
    *((227, 89, 51), (249, 140, 10), (249, 201, 50), (252, 255, 164)),
)
ALL_AROUND = np.ones((3, 3), dtype=np.bool_)


def thumbnail(packed: NDArray[np.uint8], area: Area) -> bytes:
    """Return the bare image as a grey PNG.

    Args:
        packed: uint8 of shape (size, size).
        area: the image's place in it.
    """
    return _png(_cut(packed, area).resize(_sides(area, 1), Image.Resampling.LANCZOS))


def overlay(
    packed: NDArray[np.uint8],
    area: Area,
    found: NDArray[np.float64],
    pointed: Pointed | None,
    boxes: Rectangles,
) -> bytes:
    """Return the image under the evidence, with region, point and boxes, as a colour PNG.

    Args:
        packed: uint8 of shape (size, size).
        area: the image's place in it.
        found: the evidence, shape (cells down, cells across).
        pointed: its `point_at`; None leaves the image grey but for the boxes.
        boxes: of the reference standard, in fractions of the image, shape (n, 4).
    """
    sides = _sides(area, FINE)
    grey = _cut(packed, area).resize(sides, Image.Resampling.LANCZOS)
    image = grey.convert("RGB")
    if pointed is not None:
        image = _heated(np.asarray(grey), _strength(found, area, sides))
        image = _outlined(image, _cut(pointed.region.astype(np.uint8) * 255, area).resize(sides))
    draw = ImageDraw.Draw(image)
    for box in boxes.tolist():
        _draw_box(draw, box, sides)
    if pointed is not None:
        _draw_ring(draw, pointed.x * sides[0], pointed.y * sides[1])
    return _png(image.resize(_sides(area, 1), Image.Resampling.BOX))


def _cut(square: NDArray[np.uint8], area: Area) -> Image.Image:
    rows, columns = slice(area.top, area.top + area.height), slice(area.left, area.left + area.width)
    return Image.fromarray(np.ascontiguousarray(square[rows, columns]))


def _sides(area: Area, times: int) -> tuple[int, int]:
    across, down = (
        max(1, round(side / max(area.width, area.height) * SIDE)) for side in (area.width, area.height)
    )
    return across * times, down * times


def _strength(found: NDArray[np.float64], area: Area, sides: tuple[int, int]) -> NDArray[np.float64]:
    """Return the evidence as a fraction of the strongest in the image, on the pixels of the drawing."""
    whole = enlarged(found, max(area.width, area.height)).astype(np.float32)
    inside = whole[area.top : area.top + area.height, area.left : area.left + area.width]
    fractions = np.ascontiguousarray(inside / inside.max())
    return np.asarray(Image.fromarray(fractions).resize(sides, Image.Resampling.BILINEAR), dtype=np.float64)


def _heated(grey: NDArray[np.uint8], strength: NDArray[np.float64]) -> Image.Image:
    """Colour the image by its evidence for the finding; leave it grey where there is none."""
    steps = np.linspace(0, 1, len(INFERNO))
    colours = np.stack([np.interp(strength, steps, channel) for channel in np.transpose(INFERNO)], axis=-1)
    cover = (SOLID * strength)[..., None]
    return Image.fromarray(np.rint((1 - cover) * grey[..., None] + cover * colours).astype(np.uint8))


def _outlined(image: Image.Image, region: Image.Image) -> Image.Image:
    """Draw a white line along the inner side of the region's edge and a black one along the outer side."""
    # The image's own edge is not an edge of the region: everything beyond it counts as inside.
    inside = np.asarray(region) > 127
    inner = inside & ~ndimage.binary_erosion(inside, ALL_AROUND, iterations=LINE, border_value=1)
    outer = ndimage.binary_dilation(inside, ALL_AROUND, iterations=LINE // 2) & ~inside
    pixels = np.array(image)
    pixels[outer], pixels[inner] = BLACK, WHITE
    return Image.fromarray(pixels)


def _draw_box(draw: ImageDraw.ImageDraw, box: list[float], sides: tuple[int, int]) -> None:
    """Draw a dashed white line on a black one."""
    left, top = box[0] * sides[0], box[1] * sides[1]
    right, bottom = left + box[2] * sides[0], top + box[3] * sides[1]
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    draw.line(corners, fill=BLACK, width=LINE + 2)
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        length = abs(x1 - x0) + abs(y1 - y0)
        for start in np.arange(0.0, length, 2 * DASH):
            end = min(start + DASH, length)
            ends = [(x0 + (x1 - x0) * at / length, y0 + (y1 - y0) * at / length) for at in (start, end)]
            draw.line(ends, fill=WHITE, width=LINE)


def _draw_ring(draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    for grown, colour, width in ((2, BLACK, LINE + 4), (0, WHITE, LINE)):
        radius = RING + grown
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=width)


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, format="PNG", compress_level=9)
    return content.getvalue()
