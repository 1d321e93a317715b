"""MobileNetV2 of keras.applications.

Source: Sandler et al., arXiv 1801.04381.
"""

from tasks.train.network.applications import Application

mobilenetv2 = Application("MobileNetV2")
