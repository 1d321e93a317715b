"""The data gate on an external cohort."""
