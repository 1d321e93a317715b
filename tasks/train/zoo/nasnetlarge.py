"""NASNetLarge of keras.applications.

Source: Zoph et al., arXiv 1707.07012.
"""

from tasks.train.network.applications import Application

nasnetlarge = Application("NASNetLarge")
