"""Interval formulas: proportions, bootstrap, linearisation, and the distributions behind them."""
