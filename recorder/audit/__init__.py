"""The clouds' own logs as further witnesses: what a service says that somebody asked of it.

One module for each log; each turns one entry, as its vendor documents it, into records. An entry
belongs to no agent's session: it is filed under the principal that asked, and the analyzer joins it
to the call that made the request.
"""
