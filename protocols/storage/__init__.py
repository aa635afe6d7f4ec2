"""Files of the suite: canonical bytes, manifest, run folder, output lock, strict JSON."""
