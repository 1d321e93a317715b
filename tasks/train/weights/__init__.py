"""Where a network starts from: random weights, ImageNet, or a file that the user names."""
