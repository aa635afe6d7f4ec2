"""Saliency of the device: where it points, and how that is shown.

In the order of reading: `saliency`, `overlays`, `illustrations`.
"""
