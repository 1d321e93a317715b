"""DenseNet201 of keras.applications.

Source: Huang et al., arXiv 1608.06993.
"""

from tasks.train.network.applications import Application

densenet201 = Application("DenseNet201")
