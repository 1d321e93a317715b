"""EfficientNetV2B2 of keras.applications.

Source: Tan and Le, arXiv 2104.00298.
"""

from tasks.train.network.applications import Application

efficientnetv2b2 = Application("EfficientNetV2B2")
