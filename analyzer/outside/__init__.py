"""What others recorded of the session's requests: a cloud's own log, another proxy's capture.

They know no agent and have clocks of their own. A request is joined to the call that made it by
what was asked, by an id that both sides know, and by the time, once the clocks are compared.
"""

from analyzer.outside.witnesses import outside_of
from analyzer.outside.words import clock_words

__all__ = ["clock_words", "outside_of"]
