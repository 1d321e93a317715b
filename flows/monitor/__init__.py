"""Watch an inbox of new films, as one Prefect run; a drift proposes a retraining."""
