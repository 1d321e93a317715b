"""InceptionResNetV2 of keras.applications.

Source: Szegedy et al., arXiv 1602.07261.
"""

from tasks.train.network.applications import Application

inceptionresnetv2 = Application("InceptionResNetV2")
