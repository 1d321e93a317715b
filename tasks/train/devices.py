"""What a fit runs on: seeds, deterministic kernels, precision, one device or several."""

import logging

import keras

from tasks.core.params import TrainParams

logger = logging.getLogger(__name__)


def prepare_devices(params: TrainParams) -> str:
    """Ask for deterministic kernels and set the precision; several devices share each batch.

    Only Keras on JAX spreads a batch over devices; the other backends take the first one.

    Returns:
        The name of the precision: `float32`, `mixed_float16` or `mixed_bfloat16`.
    """
    keras.utils.set_random_seed(params.seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):  # before a device is in use
            tf.config.experimental.set_memory_growth(gpu, True)
        tf.config.experimental.enable_op_determinism()
    devices = keras.distribution.list_devices()
    if len(devices) > 1 and keras.backend.backend() != "jax":
        logger.info("of %s only the first is used: KERAS_BACKEND=jax shares", ", ".join(devices))
    elif len(devices) > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
        logger.info("each batch is shared by %s", ", ".join(devices))
    precision = params.precision
    if precision == "auto":
        on_gpu = any(device.startswith(("gpu", "cuda")) for device in devices)
        precision = "mixed_float16" if on_gpu else "float32"
    keras.config.set_dtype_policy(precision)
    return precision


def n_devices() -> int:
    """Devices that share each batch: its size must be a multiple of their number."""
    distribution = keras.distribution.distribution()
    return int(distribution.device_mesh.devices.size) if distribution else 1
