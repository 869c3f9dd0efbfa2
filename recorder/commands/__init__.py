"""Commands over evidence: verify, query."""
