"""How alike two pictures look: a short hash that survives another size, compression and brightness.

Owns the hash and the search for pairs within a distance. What a pair means for a study is `inventory`'s.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 16


def likeness(pixels: NDArray[np.uint8]) -> str:
    """256 bits as 64 hexadecimal digits: whether each of 16 x 16 cells is brighter than its left neighbour."""
    small = Image.fromarray(pixels).resize((SIDE + 1, SIDE), Image.Resampling.BOX)
    cells = np.asarray(small, dtype=np.int16)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes().hex()
