"""CheXNet: DenseNet121 trained on 14 findings of 112,120 chest films, here with a new head.

`train.weights` names the file with the published weights.

Source: Rajpurkar et al., "CheXNet: Radiologist-Level Pneumonia Detection on Chest X-Rays with Deep
Learning", arXiv 1711.05225; Huang et al., "Densely Connected Convolutional Networks", arXiv
1608.06993.
"""

from tasks.train.network.applications import Application

chexnet = Application("DenseNet121", n_outputs=14)
