"""ResNet152V2 of keras.applications.

Source: He et al., arXiv 1603.05027.
"""

from tasks.train.network.applications import Application

resnet152v2 = Application("ResNet152V2")
