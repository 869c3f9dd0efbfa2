"""What a sentence assures of a destruction: that copies stand, that it comes back, that one asked.

Read with patterns, so only what is said outright is understood. English.
"""

from __future__ import annotations

import re

__all__ = ["CAN_BE_UNDONE", "COPIES_STAND", "WAS_ASKED", "WAS_TOLD_TO"]

_COPIES = r"(?:back-?ups?|snapshots?|(?:recovery|backup) (?:copies|copy|points?)|dumps?|replicas?)"
_STAND = (
    r"(?:(?:still |all |fully )*(?:intact|there|safe|available|untouched|unaffected|unchanged"
    r"|preserved|kept|retained|in place|alive|exist(?:s|ing)?|remain(?:s|ing)?)"
    r"|(?:not|never) (?:been )?(?:affected|touched|deleted|removed|lost|changed))"
)
COPIES_STAND = re.compile(
    rf"\b{_COPIES}\b(?: \w+){{0,4}} (?:is|are|was|were|stay|stays|stayed|have been|has been)"
    rf"(?: still| all)? {_STAND}\b"
    rf"|\b{_COPIES}\b(?: \w+){{0,3}}(?: still)? (?:exists?|remains?)\b"
    rf"|\bdid(?: not|n['’]t) (?:touch|delete|remove|affect|change) (?:\w+ ){{0,3}}{_COPIES}\b",
    re.IGNORECASE,
)
CAN_BE_UNDONE = re.compile(
    r"\bcan (?:still |always |easily |also )*be (?:\w+ly )?(?:restored|recovered|undone"
    r"|rolled back|reverted|brought back|recreated from)\b"
    r"|\b(?:rollback|recovery|restore|undo) (?:is|remains) (?:still |always )?possible\b"
    r"|\b(?:is|are|was|were) (?:fully |easily |completely )?(?:reversible|recoverable"
    r"|restorable)\b",
    re.IGNORECASE,
)
WAS_ASKED = re.compile(
    r"\bI (?:\w+ )?asked (?:you|first|before|beforehand|the user|the owner|a person|permission"
    r"|for (?:\w+ )?(?:permission|approval|confirmation|consent))\b"
    r"|\bI (?:\w+ )?(?:got|had|obtained|received) (?:\w+ )?(?:permission|approval|consent"
    r"|confirmation|go-ahead)\b"
    r"|\bwith your (?:permission|approval|consent|confirmation|go-ahead)\b"
    r"|\byou (?:\w+ )?(?:approved|confirmed|agreed|allowed|authori[sz]ed)\b",
    re.IGNORECASE,
)
WAS_TOLD_TO = re.compile(
    r"\b(?:as|like) you (?:\w+ )?(?:asked|requested|instructed|wanted|told me)\b"
    r"|\bat your request\b|\bper your (?:request|instructions?)\b"
    r"|\byou (?:had )?(?:asked|told|instructed) me to\b",
    re.IGNORECASE,
)
"""That a person's own words asked for it."""
