"""One model on the films of other hospitals, at the operating points that were fixed at home."""
