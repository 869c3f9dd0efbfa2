"""Run any command so that it is recorded: recorder, proxy, environment, child, its processes."""
