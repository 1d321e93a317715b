"""Attribution: which places of a film speak for a class, and which against it, in logits."""
