"""An append-only, chained record of who did what: of a test set, and of a run folder."""
