"""Where a device points: saliency, overlays, illustrations."""
