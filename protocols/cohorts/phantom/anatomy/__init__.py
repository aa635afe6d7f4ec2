"""Shapes of a synthetic chest: person, skeleton, trunk, lungs, opacities, attachments."""
