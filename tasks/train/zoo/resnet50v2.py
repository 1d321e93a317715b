"""ResNet50V2 of keras.applications.

Source: He et al., arXiv 1603.05027.
"""

from tasks.train.network.applications import Application

resnet50v2 = Application("ResNet50V2")
