"""InceptionV3 of keras.applications.

Source: Szegedy et al., arXiv 1512.00567.
"""

from tasks.train.network.applications import Application

inceptionv3 = Application("InceptionV3")
