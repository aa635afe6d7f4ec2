"""ROC curve, images of a patient, training: what is written into them and where."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from protocols.model_folder import Epoch
from reports.content.context import ReportContext
from reports.figures.axes import SQUARE
from reports.figures.canvas import Drawing, house_style
from reports.figures.roc_and_training import images_per_patient_figure, roc_figure, training_figure


def roc(context: ReportContext, area: float | None) -> Drawing:
    estimates = context.whole.estimates
    assert context.curve is not None
    with house_style():
        return roc_figure(
            context.curve,
            estimates["sensitivity"],
            estimates["specificity"],
            context.words,
            area=replace(estimates["auroc"], value=area),
        )


@pytest.mark.parametrize(("area", "below"), [(0.9, True), (0.3, False)])
def test_the_area_stands_in_the_corner_that_the_curve_leaves_free(
    area: float, below: bool, context_of: Callable[[str], ReportContext]
) -> None:
    labels = roc(context_of("passing"), area).labels
    (label,) = (label for label in labels if label.text.startswith("AUROC"))
    assert (label.start > SQUARE.left + SQUARE.width / 3) == below
    assert label.text.startswith(f"AUROC {area:.3f} (")


def test_without_an_area_only_the_curve_is_there(context_of: Callable[[str], ReportContext]) -> None:
    assert not [label for label in roc(context_of("passing"), None).labels if "AUROC" in label.text]


def test_many_images_share_a_bar_and_stay_apart_in_the_data() -> None:
    with house_style():
        made = images_per_patient_figure({"1": 5, "10": 2, "30": 1})
    assert made.description.endswith("10 or more: 3.")
    assert made.data.rows == (("1", "5"), ("10", "2"), ("30", "1"))


def test_the_kept_epoch_is_told_by_hand() -> None:
    history = (Epoch(1, 0.001, 0.9, 0.8, 0.7, 0.7), Epoch(2, 0.001, 0.5, 0.6, 0.9, 0.9))
    with house_style():
        made = training_figure(history, 2)
    assert made.description == (
        "Training over 2 epochs; epoch 2 was kept, with loss 0.500 on the training split and 0.600 on the tuning "
        "split, where its AUROC was 0.900."
    )
    assert [row[-1] for row in made.data.rows] == ["no", "yes"]
