"""Random transforms of training films, as layers of the network; none acts at prediction."""
