"""EfficientNetB0 of keras.applications.

Source: Tan and Le, arXiv 1905.11946.
"""

from tasks.train.network.applications import Application

efficientnetb0 = Application("EfficientNetB0")
