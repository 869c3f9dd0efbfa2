"""Is this machine's recording whole? Probes through every way in, agents' wiring, the ground."""
