"""The locked test set: registration before the first look, looks, receipts and history."""
