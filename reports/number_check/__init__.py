"""Every printed number against its source: page, PDF, figures, results."""
