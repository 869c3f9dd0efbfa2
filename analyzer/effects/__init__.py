"""What actions do to the world: their effect, by parsing, each with its reasons.

`judge_text` judges a shell text, SQL, GraphQL or an HTTP request; `judge_all` a session's actions.
What cannot be read, and what nobody has described, is unknown: never a read.
"""

from analyzer.effects.planned import Plans
from analyzer.effects.ranks import BADNESS, worst_of
from analyzer.effects.session import judge_all, judge_request, marked_like_its_call
from analyzer.effects.surfaces import Spoken, is_destructive, judge_text

__all__ = [
    "BADNESS",
    "Plans",
    "Spoken",
    "is_destructive",
    "judge_all",
    "judge_request",
    "judge_text",
    "marked_like_its_call",
    "worst_of",
]
