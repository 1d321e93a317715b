"""Xception of keras.applications.

Source: Chollet, arXiv 1610.02357.
"""

from tasks.train.network.applications import Application

xception = Application("Xception")
