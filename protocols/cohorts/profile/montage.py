"""A sheet of sample pictures, half of each class, with what the studies say of each: montage.png.

Owns the choice of the pictures, by the SHA-256 of their ids, and the sheet's layout. It is 8-bit grey, positives above
negatives; every tile says its class, and a synthetic one that it is a phantom.
"""

import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from protocols.cohorts.profile.parts import NEGATIVE, POSITIVE, UNKNOWN, ClassName, Tile
from protocols.cohorts.profile.pictures import in_order_of_hash, spread_over
from protocols.images.decode import read_picture
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
        names: the class of each.
        files: the file of each, None where there is none.

    Returns:
        What each tile shows, row by row, and the bytes of the PNG; nothing where no picture can be decoded. Images of
        unknown class are shown only where those of known class leave room.
    """
    chosen = _chosen(studies, names, files)
    if not chosen:
        return (), b""
    sheet_rows = -(-len(chosen) // COLUMNS)
    sheet = Image.new("L", (COLUMNS * (SIDE + GAP) + GAP, sheet_rows * (SIDE + CAPTION) + GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(LETTERS)
    tiles = []
    for place, (row, picture) in enumerate(chosen):
        tile = _tile(studies, row, names[row])
        left = GAP + place % COLUMNS * (SIDE + GAP)
        top = GAP + place // COLUMNS * (SIDE + CAPTION)
        sheet.paste(picture, (left + (SIDE - picture.width) // 2, top + (SIDE - picture.height) // 2))
        pen.rectangle((left, top, left + SIDE - 1, top + SIDE - 1), outline=FRAME)
        for number, line in enumerate(caption(tile)):
            pen.text((left, top + SIDE + 2 + number * LINE), line, fill=INK, font=font)
        tiles.append(tile)
    content = io.BytesIO()
    sheet.save(content, "PNG", optimize=True)
    return tuple(tiles), content.getvalue()


def caption(tile: Tile) -> tuple[str, str]:
    """Two lines under a picture."""
    mark = f"{PHANTOM}, " if tile.phantom else ""
    age = f"{tile.age_years} years" if tile.age_years else "age unknown"
    return f"{mark}{tile.image_class}", f"{age}, {tile.sex or 'sex ?'}, {tile.view or 'view ?'}"


def _chosen(
    studies: Studies, names: Sequence[str], files: Sequence[Path | None]
) -> list[tuple[int, Image.Image]]:
    """Positives first, as many as negatives where there are enough of both."""
    most = ROWS * COLUMNS
    known = {name: list(islice(_decoded(studies, names, files, name), most)) for name in (POSITIVE, NEGATIVE)}
    wanted = spread_over({name: len(pictures) for name, pictures in known.items()}, most)
    shown = [picture for name, pictures in known.items() for picture in pictures[: wanted[name]]]
    return [*shown, *islice(_decoded(studies, names, files, UNKNOWN), most - len(shown))]


def _decoded(
    studies: Studies, names: Sequence[str], files: Sequence[Path | None], name: str
) -> Iterator[tuple[int, Image.Image]]:
    """The pictures of a class that can be decoded, as large as a tile holds."""
    rows = [row for row, of_class in enumerate(names) if of_class == name]
    for row in in_order_of_hash(studies, rows):
        file = files[row]
        if file is None:
            continue
        try:
            picture = Image.fromarray(read_picture(file).pixels)
        except UndecodableImageError:
            continue
        share = SIDE / max(picture.size)
        size = tuple(max(1, round(side * share)) for side in picture.size)
        yield row, picture.resize((size[0], size[1]), Image.Resampling.LANCZOS)


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
