"""Commands over what is derived: sessions, tail, report, findings."""
