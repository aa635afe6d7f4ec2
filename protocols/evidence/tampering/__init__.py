"""The tamper test: copies of a bundle, changed in every way that verification must see."""
