"""What every HTML page shares: templates, stylesheet, inline pictures, number formats."""
