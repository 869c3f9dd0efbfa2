"""Follow credentials over a whole recording: who held them, where they went, what to do now."""

from analyzer.following.answers import Answers, answers_of
from analyzer.following.life import Life, Link, Seen, Strength
from analyzer.following.statement import Statement

__all__ = ["Answers", "Life", "Link", "Seen", "Statement", "Strength", "answers_of"]
