"""The layout engine, tagging, checks of PDF/A, the render stack."""
