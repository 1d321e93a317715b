"""Screen new films with a trained network: a worklist, the most urgent first, without TensorFlow.

Research software, no medical device.
"""
