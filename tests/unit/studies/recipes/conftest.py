"""Recipes are trained in this process, set up as the stage sets itself up."""

from tasks.core.classifier import prepare_backend

prepare_backend()  # before the tests import Keras: threads are fixed when TensorFlow starts
