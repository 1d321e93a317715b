"""Room of the stage `report`: the page that compares the models."""
