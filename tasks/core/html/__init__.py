"""What every HTML page of the project has: templates, stylesheet, pictures, numbers."""
