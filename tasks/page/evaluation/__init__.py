"""Page on what one model is good for and what not."""
