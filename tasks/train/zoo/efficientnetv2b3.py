"""EfficientNetV2B3 of keras.applications.

Source: Tan and Le, arXiv 2104.00298.
"""

from tasks.train.network.applications import Application

efficientnetv2b3 = Application("EfficientNetV2B3")
