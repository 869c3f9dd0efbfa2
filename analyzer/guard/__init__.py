"""The controls live: a process that answers whether an action may go on."""
