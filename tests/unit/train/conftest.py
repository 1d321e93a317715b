"""All tests here train in one process, with the settings of the stage."""

from tasks.core.classifier import prepare_backend

prepare_backend()  # before any import of Keras: TensorFlow fixes its threads at the start
