"""Devices of a run: seeds, deterministic kernels, precision, and batches shared by devices."""

import logging

import keras

from tasks.core.params import TrainParams

logger = logging.getLogger(__name__)


def prepare_devices(params: TrainParams) -> str:
    """Set the seed, deterministic kernels and the precision; let several devices share batches.

    Only Keras on JAX shares a batch between devices. Other backends use the first device.

    Returns:
        Name of the precision: `float32`, `mixed_float16` or `mixed_bfloat16`.
    """
    keras.utils.set_random_seed(params.seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):  # must come before any use of a device
            tf.config.experimental.set_memory_growth(gpu, True)
        tf.config.experimental.enable_op_determinism()
    devices = keras.distribution.list_devices()
    if len(devices) > 1 and keras.backend.backend() != "jax":
        logger.info(
            "only the first of %s is used; KERAS_BACKEND=jax uses all of them", ", ".join(devices)
        )
    elif len(devices) > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
        logger.info("%s share each batch", ", ".join(devices))
    precision = params.precision
    if precision == "auto":
        on_gpu = any(device.startswith(("gpu", "cuda")) for device in devices)
        precision = "mixed_float16" if on_gpu else "float32"
    keras.config.set_dtype_policy(precision)
    return precision


def n_devices() -> int:
    """Number of devices that share each batch."""
    distribution = keras.distribution.distribution()
    return int(distribution.device_mesh.devices.size) if distribution else 1
