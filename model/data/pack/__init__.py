"""Images decoded once and kept: one file, its journal, the folder of packs."""
