"""The filter language: one for the screens, the commands and the reports.

`parse_filter` reads an expression, `Filter.fits` tells whether something is one of those asked for,
`help_entries` says what can be written, made from the operators themselves.
"""

from analyzer.filters.expression import Filter, parse_filter
from analyzer.filters.grammar import FilterError
from analyzer.filters.operators import Scope, help_entries
from analyzer.filters.subject import Remarks, Subject, finding_subjects, subjects_of

__all__ = [
    "Filter",
    "FilterError",
    "Remarks",
    "Scope",
    "Subject",
    "finding_subjects",
    "help_entries",
    "parse_filter",
    "subjects_of",
]
