"""MobileNetV3Small of keras.applications.

Source: Howard et al., arXiv 1905.02244.
"""

from tasks.train.network.applications import Application

mobilenetv3small = Application("MobileNetV3Small")
