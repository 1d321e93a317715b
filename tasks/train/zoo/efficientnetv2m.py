"""EfficientNetV2M of keras.applications.

Source: Tan and Le, arXiv 2104.00298.
"""

from tasks.train.network.applications import Application

efficientnetv2m = Application("EfficientNetV2M")
