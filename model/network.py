"""The two networks, from an 8-bit grey image to a logit per finding.

Owns the architecture and the preprocessing, which is a layer of the network and saved with its weights. The
feature map of the class activation maps is the layer ``features`` in both networks.
Sources: He et al. 2016, arXiv 1512.03385 (residual blocks); Huang et al. 2017, arXiv 1608.06993, and
Rajpurkar et al. 2017, arXiv 1711.05225 (DenseNet-121 on chest radiographs).
"""

from model.runtime import keras

COMPACT_FILTERS = (16, 32, 64, 128)
MOVING_AVERAGE_MOMENTUM = (
    0.9  # Keras' 0.99 needs hundreds of steps to settle; a small set has twenty per epoch
)


def build(network: str, *, image_size: int, outputs: int, dropout: float) -> keras.Model:
    """Build the untrained network. Every layer has its own name, since names are in the weights file.

    Each image is standardised by its own mean and standard deviation, so brightness and contrast of an exporting
    device do not matter. Under mixed precision the standardisation, the pooled features and the logits remain
    float32: sums over a whole image, and the output, need its digits.

    Args:
        network: ``compact`` or ``densenet121``.
        image_size: rows and columns of an image, at least 32.
        outputs: the number of findings, at least 1.
        dropout: the fraction of pooled features left out during training, in [0, 1).

    Returns:
        Model from grey values 0 to 255 of shape (n, image_size, image_size, 1) to float32 logits of shape
        (n, outputs). Its last layers are ``features``, ``pooled``, ``dropout`` and ``logits``.
    """
    layers = keras.layers
    pictures = keras.Input((image_size, image_size, 1), name="pictures")
    x = layers.LayerNormalization(
        axis=(1, 2, 3), center=False, scale=False, dtype="float32", name="standardise"
    )(pictures)
    x = _compact(x) if network == "compact" else _densenet121(x)
    x = layers.Activation("linear", name="features")(x)
    x = layers.GlobalAveragePooling2D(dtype="float32", name="pooled")(x)
    # The seed is saved in the weights file, so it must be fixed; `runtime.begin_epoch` sets the random stream.
    x = layers.Dropout(dropout, seed=0, dtype="float32", name="dropout")(x)
    return keras.Model(pictures, layers.Dense(outputs, dtype="float32", name="logits")(x), name=network)


def _compact(x: keras.KerasTensor) -> keras.KerasTensor:
    """Build a residual network of one block per scale; a quarter of the input's side after the stem."""
    x = _convolution(x, COMPACT_FILTERS[0], size=5, strides=2, name="stem")
    x = keras.layers.ReLU(name="stem_relu")(x)
    x = keras.layers.MaxPooling2D(2, name="stem_pool")(x)
    for position, filters in enumerate(COMPACT_FILTERS, start=1):
        x = _residual(x, filters, strides=1 if position == 1 else 2, name=f"block{position}")
    return x


def _residual(x: keras.KerasTensor, filters: int, *, strides: int, name: str) -> keras.KerasTensor:
    layers = keras.layers
    way = _convolution(x, filters, size=3, strides=strides, name=f"{name}_first")
    way = layers.ReLU(name=f"{name}_first_relu")(way)
    way = _convolution(way, filters, size=3, strides=1, name=f"{name}_second")
    if strides > 1:
        x = _convolution(x, filters, size=1, strides=strides, name=f"{name}_shortcut")
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([way, x]))


def _convolution(
    x: keras.KerasTensor, filters: int, *, size: int, strides: int, name: str
) -> keras.KerasTensor:
    convolution = keras.layers.Conv2D(
        filters,
        size,
        strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )
    norm = keras.layers.BatchNormalization(momentum=MOVING_AVERAGE_MOMENTUM, name=f"{name}_norm")
    return norm(convolution(x))


def _densenet121(x: keras.KerasTensor) -> keras.KerasTensor:
    trunk = keras.applications.DenseNet121(include_top=False, weights=None, input_tensor=x)
    for position, layer in enumerate(trunk.layers):
        if isinstance(layer, keras.layers.ZeroPadding2D):
            layer.name = f"padding{position}"  # Keras leaves it unnamed and would count through the process
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOVING_AVERAGE_MOMENTUM
    return trunk.output
