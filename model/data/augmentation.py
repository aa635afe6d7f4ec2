"""Random augmentation of training images: grey values (export windows) and geometry (patient positioning).

Part of training, not of the device. The ranges are [training.augmentation] of the protocol; a range of zero uses
no random numbers.

- Brightness is an offset of all grey values, contrast a slope about the image's own mean: together the window
  that a workstation applied at export. The network standardises each image and so undoes both, except for what
  a real window loses too: values beyond 0 and 255 are clipped, and the black border that a movement brings in
  keeps its value. So the window is applied first, and the movement after it.
- Mirroring is off unless the protocol asks for it: the heart's side, the gastric bubble and the side marker are
  anatomy and acquisition, and a mirrored chest is a rare disease (dextrocardia), not another view of this patient.
"""

from math import radians
from typing import Any

from model.runtime import keras
from protocols.schema.training import Augmentation


class Augment(keras.layers.Layer):
    """A layer that changes each image independently during training, with one interpolation.

    After `model.runtime.begin_epoch` its random numbers depend on the seed and the epoch alone, so a training
    that is resumed at an epoch continues as if it had never stopped.

    Args:
        augmentation: the ranges.
        seed: of the protocol.
    """

    def __init__(self, augmentation: Augmentation, *, seed: int) -> None:
        super().__init__(name="augment", dtype="float32")
        self.seed_generator = keras.random.SeedGenerator(seed)
        self._ranges = augmentation
        self._moves = bool(
            augmentation.turn_degrees or augmentation.shift or augmentation.zoom or augmentation.mirror
        )

    def call(self, pictures: Any, training: bool = False) -> Any:
        """Change images of shape (n, size, size, 1), grey values 0 to 255 of any type; return float32."""
        pictures = keras.ops.cast(pictures, "float32")
        if not training:
            return pictures
        if self._ranges.brightness or self._ranges.contrast:
            pictures = self._window(pictures)
        return self._move(pictures) if self._moves else pictures

    def _window(self, pictures: Any) -> Any:
        images = keras.ops.shape(pictures)[0]
        slope, offset = (
            keras.ops.reshape(self._draw(images, most), (-1, 1, 1, 1))
            for most in (self._ranges.contrast, 255.0 * self._ranges.brightness)
        )
        mean = keras.ops.mean(pictures, axis=(1, 2, 3), keepdims=True)
        return keras.ops.clip(pictures + slope * (pictures - mean) + offset, 0.0, 255.0)

    def _move(self, pictures: Any) -> Any:
        """Rotate, zoom, shift and mirror in one bilinear interpolation; fill with black from outside."""
        images, size = keras.ops.shape(pictures)[0], pictures.shape[1]
        turn = self._draw(images, radians(self._ranges.turn_degrees))
        zoom = 1.0 + self._draw(images, self._ranges.zoom)
        across, down = (self._draw(images, self._ranges.shift * size) for _ in range(2))
        side = keras.ops.where(self._draw(images, float(self._ranges.mirror)) < 0.0, -1.0, 1.0)
        return keras.ops.image.affine_transform(
            pictures,
            _transforms(turn, zoom, side, across, down, centre=(size - 1) / 2),
            interpolation="bilinear",
            fill_mode="constant",
            fill_value=0.0,
        )

    def _draw(self, images: Any, most: float) -> Any:
        """Return one number per image, uniform between -most and most."""
        if not most:
            return keras.ops.zeros((images,))
        return keras.random.uniform((images,), -most, most, seed=self.seed_generator)


def _transforms(turn: Any, zoom: Any, side: Any, across: Any, down: Any, *, centre: float) -> Any:
    """Return rows (a0, a1, a2, b0, b1, b2, 0, 0): output (x, y) takes its value from (a.(x, y, 1), b.(x, y, 1)).

    ``side`` is 1, or -1 for a mirrored image.
    """
    cosine, sine = zoom * keras.ops.cos(turn), zoom * keras.ops.sin(turn)
    a2 = centre - centre * (side * cosine - sine) + across
    b2 = centre - centre * (side * sine + cosine) + down
    nothing = keras.ops.zeros_like(turn)
    return keras.ops.stack([side * cosine, -sine, a2, side * sine, cosine, b2, nothing, nothing], axis=1)
