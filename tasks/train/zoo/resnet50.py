"""ResNet50 of keras.applications.

Source: He et al., arXiv 1512.03385.
"""

from tasks.train.network.applications import Application

resnet50 = Application("ResNet50")
