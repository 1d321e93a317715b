"""One room per DVC stage, and the modules that several rooms share."""
