"""Saliency of the device: maps, overlays, illustrations."""
