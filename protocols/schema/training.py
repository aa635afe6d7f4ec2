"""The training of the device under test, and the images that it is made for.

Owns ``[input_gate]``, ``[split]`` and ``[training]``. Training is `model`'s; applying the gate is
`protocols.images.input_gate`'s.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, Strict, field_validator, model_validator

from protocols.schema.document import Age, Table, Text


class InputGate(Table):
    """The images that the device is made for; any other is out of scope and gets no score."""

    modalities: Annotated[tuple[Text, ...], Strict(False)] = ("CR", "DX")
    body_parts: Annotated[tuple[Text, ...], Strict(False)] = ("CHEST",)
    views: Annotated[tuple[Literal["PA", "AP", "LATERAL"], ...], Strict(False)] = ("PA", "AP")
    age_years: Annotated[tuple[Age, Age], Strict(False)] = (0.0, 120.0)
    smallest_side: Annotated[int, Field(ge=32, le=4096)] = 200

    @field_validator("modalities", "body_parts", "views")
    @classmethod
    def _some(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            raise ValueError("must name at least one; received []")
        return names

    @field_validator("age_years")
    @classmethod
    def _range(cls, ages: tuple[float, float]) -> tuple[float, float]:
        if ages[0] > ages[1]:
            raise ValueError(f"must be the youngest and the oldest age; received {list(ages)}")
        return ages


class SplitRule(Table):
    """The division of patients marked ``train`` by a salted hash, where none is marked ``tune``."""

    salt: Text
    tune_share: Annotated[float, Field(gt=0, lt=1)]


class Augmentation(Table):
    """The largest random change of training images; each is uniform between minus and plus this value."""

    turn_degrees: Annotated[float, Field(ge=0, le=45)]
    shift: Annotated[float, Field(ge=0, le=0.5)]
    zoom: Annotated[float, Field(ge=0, le=0.5)]
    brightness: Annotated[float, Field(ge=0, le=0.5)]
    contrast: Annotated[float, Field(ge=0, le=0.5)]
    mirror: bool


class Training(Table):
    """The training of the device under test."""

    label: Text
    label_source: Literal["readers", "text_mined", "known_truth"]
    heads: Annotated[tuple[Text, ...], Strict(False)] = ()
    network: Literal["compact", "densenet121"]
    initial_weights_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    image_size: Annotated[int, Field(ge=32, le=1024)]
    batch_size: Annotated[int, Field(ge=1, le=1024)]
    epochs: Annotated[int, Field(ge=1, le=1000)]
    patience: Annotated[int, Field(ge=1, le=1000)]
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    warmup_epochs: Annotated[int, Field(ge=0, le=100)]
    weight_decay: Annotated[float, Field(ge=0, le=1)]
    clip_norm: Annotated[float, Field(gt=0, le=1000)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    precision: Literal["float32", "bfloat16"]
    calibration: Literal["none", "temperature", "platt"]
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    augmentation: Augmentation

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.heads and self.label not in self.heads:
            raise ValueError(f"heads must contain the label {self.label!r}; received {list(self.heads)}")
        if len(set(self.heads)) < len(self.heads):
            raise ValueError(f"heads must differ; received {list(self.heads)}")
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs must be fewer than epochs; received {self.warmup_epochs} of {self.epochs}"
            )
        return self

    @property
    def outputs(self) -> tuple[str, ...]:
        """The findings of the network, in the order of its logits."""
        return self.heads or (self.label,)

    @property
    def primary(self) -> int:
        """The position of ``label`` among `outputs`."""
        return self.outputs.index(self.label)
