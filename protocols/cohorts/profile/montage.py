"""A sheet of sample images, half of each class, with their metadata from the studies: montage.png.

Owns the choice of the images, by the SHA-256 of their ids, and the sheet's layout. It is 8-bit grey, positives above
negatives; every tile states its class, and a synthetic image is marked as a phantom.
"""

import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from protocols.cohorts.profile.pictures import in_order_of_hash, spread_over
from protocols.cohorts.profile.profile_parts import NEGATIVE, POSITIVE, UNKNOWN, ClassName, Tile
from protocols.images.decode import read_image
from protocols.images.folder import UndecodableImageError
from protocols.tables.records import PHANTOM, Studies

ROWS, COLUMNS = 4, 6
SIDE, GAP, CAPTION = 176, 10, 42  # pixels
LETTERS, LINE = 15, 17
PAPER, FRAME, INK = 255, 200, 30


def montage(
    studies: Studies, names: Sequence[str], files: Sequence[Path | None]
) -> tuple[tuple[Tile, ...], bytes]:
    """Choose and draw the sheet.

    Args:
        studies: in the order of image_id.
        names: the class of each image.
        files: the file of each image, None where it is missing.

    Returns:
        The tiles, row by row, and the bytes of the PNG; both empty where no image can be decoded. Images of unknown
        class are shown only where those of known class leave room.
    """
    chosen = _chosen(studies, names, files)
    if not chosen:
        return (), b""
    sheet_rows = -(-len(chosen) // COLUMNS)
    sheet = Image.new("L", (COLUMNS * (SIDE + GAP) + GAP, sheet_rows * (SIDE + CAPTION) + GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(LETTERS)
    tiles = []
    for place, (row, image) in enumerate(chosen):
        tile = _tile(studies, row, names[row])
        left = GAP + place % COLUMNS * (SIDE + GAP)
        top = GAP + place // COLUMNS * (SIDE + CAPTION)
        sheet.paste(image, (left + (SIDE - image.width) // 2, top + (SIDE - image.height) // 2))
        pen.rectangle((left, top, left + SIDE - 1, top + SIDE - 1), outline=FRAME)
        for number, line in enumerate(caption(tile)):
            pen.text((left, top + SIDE + 2 + number * LINE), line, fill=INK, font=font)
        tiles.append(tile)
    content = io.BytesIO()
    sheet.save(content, "PNG", optimize=True)
    return tuple(tiles), content.getvalue()


def caption(tile: Tile) -> tuple[str, str]:
    """Return the two lines under an image."""
    mark = f"{PHANTOM}, " if tile.phantom else ""
    age = f"{tile.age_years} years" if tile.age_years else "age unknown"
    return f"{mark}{tile.image_class}", f"{age}, {tile.sex or 'sex ?'}, {tile.view or 'view ?'}"


def _chosen(
    studies: Studies, names: Sequence[str], files: Sequence[Path | None]
) -> list[tuple[int, Image.Image]]:
    """Return positives first, as many as negatives where there are enough of both."""
    most = ROWS * COLUMNS
    known = {name: list(islice(_decoded(studies, names, files, name), most)) for name in (POSITIVE, NEGATIVE)}
    wanted = spread_over({name: len(images) for name, images in known.items()}, most)
    shown = [image for name, images in known.items() for image in images[: wanted[name]]]
    return [*shown, *islice(_decoded(studies, names, files, UNKNOWN), most - len(shown))]


def _decoded(
    studies: Studies, names: Sequence[str], files: Sequence[Path | None], name: str
) -> Iterator[tuple[int, Image.Image]]:
    """Yield the images of a class that can be decoded, resized to a tile."""
    rows = [row for row, of_class in enumerate(names) if of_class == name]
    for row in in_order_of_hash(studies, rows):
        file = files[row]
        if file is None:
            continue
        try:
            image = Image.fromarray(read_image(file).pixels)
        except UndecodableImageError:
            continue
        factor = SIDE / max(image.size)
        size = tuple(max(1, round(side * factor)) for side in image.size)
        yield row, image.resize((size[0], size[1]), Image.Resampling.LANCZOS)


def _tile(studies: Studies, row: int, name: str) -> Tile:
    age = float(studies.age_years[row])
    image_class: dict[str, ClassName] = {POSITIVE: "positive", NEGATIVE: "negative", UNKNOWN: "unknown"}
    return Tile(
        image_id=studies.image_id[row],
        image_class=image_class[name],
        age_years="" if np.isnan(age) else f"{age:g}",
        sex=studies.sex[row],
        view=studies.view[row],
        phantom=bool(studies.phantom[row]),
    )
