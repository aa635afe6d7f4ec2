"""Whether a bundle is what the owner of a key signed, without computing anything anew."""
