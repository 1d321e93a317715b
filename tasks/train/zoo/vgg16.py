"""VGG16 of keras.applications.

Source: Simonyan and Zisserman, arXiv 1409.1556.
"""

from tasks.train.network.applications import Application

vgg16 = Application("VGG16")
