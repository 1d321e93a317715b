"""Many small pieces of work, on processes of this machine or of a Dask cluster."""
