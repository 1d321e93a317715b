"""EfficientNetB3 of keras.applications.

Source: Tan and Le, arXiv 1905.11946.
"""

from tasks.train.network.applications import Application

efficientnetb3 = Application("EfficientNetB3")
