"""Data sources -> the record tables: `nih`, `rsna`, `table` and `generate`, each knowing nothing of what follows.

`radiograph`, `readers`, `sites` and `anatomy` are parts of the phantom."""
