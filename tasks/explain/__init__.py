"""Room `explain`: pictures of feature maps, filters and Grad-CAM heat maps."""
