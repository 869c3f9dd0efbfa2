"""The screens: each is a function of a session and a moment."""
