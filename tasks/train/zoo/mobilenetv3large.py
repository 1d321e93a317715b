"""MobileNetV3Large of keras.applications.

Source: Howard et al., arXiv 1905.02244.
"""

from tasks.train.network.applications import Application

mobilenetv3large = Application("MobileNetV3Large")
