"""Commands of the command line that open a screen or print what one shows."""
