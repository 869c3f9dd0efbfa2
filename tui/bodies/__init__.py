"""The views of one action: its bytes, its tree, its span, what it changes in a file. Pure."""
