"""DenseNet121 of keras.applications.

Source: Huang et al., arXiv 1608.06993.
"""

from tasks.train.network.applications import Application

densenet121 = Application("DenseNet121")
