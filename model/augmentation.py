"""Small random shifts, zooms and turns of training pictures, as a patient stands differently each time.

Left and right are never mirrored: the heart's side is anatomy. Grey values are left alone, since the
network standardises each picture. Part of training, not of the device.
"""

from math import pi
from typing import Any

from model.runtime import keras

SHIFT = 0.05  # of the side
ZOOM = 0.08
TURN = pi / 36  # five degrees


class Movement(keras.layers.Layer):
    """Moves each picture on its own while training: one turn, zoom and shift, resampled once.

    What an epoch draws depends on the seed and the epoch alone, so a training that is taken up again
    at an epoch goes on as if it had never stopped.

    Args:
        seed: of the protocol.
    """

    def __init__(self, *, seed: int) -> None:
        super().__init__(name="movement")
        self._seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def begin(self, epoch: int) -> None:
        """Set the draws to those of an epoch, from 1."""
        self.seed_generator.state.assign([self._seed, epoch])

    def call(self, pictures: Any, training: bool = False) -> Any:
        """Move pictures of shape (n, size, size, 1); black comes in from outside."""
        if not training:
            return pictures
        images, size = keras.ops.shape(pictures)[0], pictures.shape[1]
        turn, zoom, across, down = (
            keras.random.uniform((images,), -most, most, seed=self.seed_generator)
            for most in (TURN, ZOOM, SHIFT * size, SHIFT * size)
        )
        return keras.ops.image.affine_transform(
            pictures,
            _transforms(turn, 1.0 + zoom, across, down, centre=(size - 1) / 2),
            interpolation="bilinear",
            fill_mode="constant",
            fill_value=0.0,
        )


def _transforms(turn: Any, zoom: Any, across: Any, down: Any, *, centre: float) -> Any:
    """Rows (a0, a1, a2, b0, b1, b2, 0, 0): output (x, y) takes its value from (a.(x, y, 1), b.(x, y, 1))."""
    cosine, sine = zoom * keras.ops.cos(turn), zoom * keras.ops.sin(turn)
    a2 = centre - centre * (cosine - sine) + across
    b2 = centre - centre * (sine + cosine) + down
    nothing = keras.ops.zeros_like(turn)
    return keras.ops.stack([cosine, -sine, a2, sine, cosine, b2, nothing, nothing], axis=1)
