"""The recorder's side of a guard: asks whether an action may go on, and decides nothing itself.

The decision is made by another process, behind a unix socket beside the recording's. Only where a
person has set a guard up is anything asked at all.
"""
