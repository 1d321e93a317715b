"""EfficientNetV2S of keras.applications.

Source: Tan and Le, arXiv 2104.00298.
"""

from tasks.train.network.applications import Application

efficientnetv2s = Application("EfficientNetV2S")
