"""Canonical bytes, manifest, run folder, output lock, strict JSON."""
