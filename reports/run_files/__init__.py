"""What is read from a run folder: line listing, device, registration, audit trail, localisation."""
