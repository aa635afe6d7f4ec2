"""What a cohort looks like before anything is trained on it: counts, pictures, and what to watch."""
