"""Room `explain`: what the network saw, as pictures of its layers and of the evidence it used."""
