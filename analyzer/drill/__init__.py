"""A synthetic incident through the set-up as it is installed, and what came of it."""
