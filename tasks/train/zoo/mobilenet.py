"""MobileNet of keras.applications.

Source: Howard et al., arXiv 1704.04861.
"""

from tasks.train.network.applications import Application

mobilenet = Application("MobileNet")
