"""The hook witness: what a coding agent tells a command that it runs before and after each step."""
