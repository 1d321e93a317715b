"""Self-supervised pretraining: a network learns from films without labels, before the training."""
