"""Every sample as one uint8 grey image of one size, memory-mappable."""
