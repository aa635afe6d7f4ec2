"""The learning rate of each step: a warm-up, then half a cosine.

Sources: Loshchilov & Hutter 2017, arXiv 1608.03983 (cosine); Goyal et al. 2017, arXiv 1706.02677 (warm-up).
"""

from model.runtime import keras
from protocols.schema.training import Training

LOWEST_RATE = 0.01  # of the learning rate: start of the warm-up and end of the cosine


def learning_rate_schedule(training: Training, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return a linear warm-up from 1 % to the learning rate, then half a cosine down to 1 % at the last step."""
    warmup = training.warmup_epochs * steps
    decay = training.epochs * steps - warmup
    if not warmup:
        return keras.optimizers.schedules.CosineDecay(training.learning_rate, decay, alpha=LOWEST_RATE)
    return keras.optimizers.schedules.CosineDecay(
        LOWEST_RATE * training.learning_rate,
        decay,
        alpha=LOWEST_RATE,
        warmup_target=training.learning_rate,
        warmup_steps=warmup,
    )
