"""Prepare this process for training, as the stage does."""

from tasks.core.classifier import prepare_backend

prepare_backend()  # before the tests import Keras: TensorFlow fixes its threads when it starts
