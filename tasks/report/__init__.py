"""Room `report`: one page that compares the models and counts the films of every step."""
