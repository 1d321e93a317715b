"""ResNet101 of keras.applications.

Source: He et al., arXiv 1512.03385.
"""

from tasks.train.network.applications import Application

resnet101 = Application("ResNet101")
