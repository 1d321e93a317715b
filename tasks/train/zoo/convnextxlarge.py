"""ConvNeXtXLarge of keras.applications.

Source: Liu et al., arXiv 2201.03545.
"""

from tasks.train.network.applications import Application

convnextxlarge = Application("ConvNeXtXLarge")
