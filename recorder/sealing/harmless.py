"""Tell what stands in a secret's place and is none: a placeholder, a reference, a word, a place."""

from __future__ import annotations

import re
import string

__all__ = ["is_harmless"]

LONGEST = 300
"""Characters of a value by which it is judged: no placeholder is longer."""

_WORDS = frozenset({
    "true", "false", "null", "none", "nil", "undefined", "yes", "no", "str", "int", "string",
    "bytes", "bool", "boolean", "number", "optional", "required", "any", "self", "env", "example",
    "placeholder", "redacted", "same-origin", "include", "omit", "secret", "token", "text",
    "hidden", "default", "basic", "bearer", "enabled", "disabled", "inherit", "manual", "auto",
    "test", "dummy", "foo", "foobar", "bar", "baz", "define", "undef", "pass", "passwd",
    "password", "passwords", "user", "username", "oauth", "oauth2",
})  # fmt: skip
"""Plain words of configuration, of types, and of examples."""
_REFERENCES = (
    r"['\"]?\$(?!\w{0,2}[0-9a-f]{24})[^\0]*",  # a variable of a shell; not a hash
    r"\\\(\w+\).*",  # Swift's
    r"\{\{[\s.\-$A-Za-z][^}]*",  # a template that goes on behind
    r"=[A-Za-z ]{0,20}\{\{.*\}\}",
    r"\[%.*%\]",
    r"env:[A-Z_]+",
    r"os\.environ/\w+",
    r"%[\w().~:\-]*%",  # a variable of cmd
    r"%(?!(?:[2-7][0-9A-Fa-f]|[C-Fc-f][0-9A-Fa-f]%)).*",  # a format; not an escape of a URL
    r".*%s(?![A-Za-z0-9]).*",
    r"!(?:Ref|Sub|GetAtt|ImportValue|Join)\b.*",  # CloudFormation's
    r"(?:(?:bearer|basic|token)\s+)?"
    r"(?:[\$%#]\{.*\}#?|\{[^{}\s]*\}|\{\{.*\}\}|\{%.*%\}|<[\w -]*>|%s)",
    r".*\{[\w.()]{1,60}\[",
    r"[\w.]+\((?:.*\))?;?",  # a call
    r":[a-z_]+",  # Ruby's symbol
    r"(?:String|Int|ID|Boolean|Password|Token|Secret)!",  # GraphQL's types
)
_PLACES = (
    r"arn:aws[\w\-]*:.*",
    r"(?:(?:cn|ou?|uid|dc|c|l|st)=[^=,]+,){1,9}dc=\w+",  # a name in a directory
    r"/(?:usr|bin|sbin|opt|etc)/[\w./\- ]*",
    r"/(?!(?=[^/]*\d)(?=[^/]*[a-z])(?=[^/]*[A-Z])\w{15,}$)[\w./@\-]*",  # a path; not base64
    r"https?://[^@?]*",
    r"(?!(?:ssr?|vmess|vless|trojan|hysteria2?)://)[a-z][\w+.\-]{1,20}://[^@?;&=]*",
)
_NUMBERS = (
    r"\d{1,5}",
    r"0x[0-9a-f]{1,8}u?l{0,2}",
    r"\d{4}-\d\d-\d\d.*",
    r"[\^~]\d+(?:\.\d+){1,2}[\w.\-]*",  # a version
    r"\d{1,4}(?:\.\d{1,4}){2,4}",  # or an address
    r"(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}",
    r"\d{0,2}\*\d{0,2}[<(%].*",
)
_NAMES = (
    r"(?:cookie|token|secret|password|key)_?(?:value|name)",
    r"(?:app|db|user|client|database|root|admin)_(?:password|passwd|pass|token|secret|key)",
    r"value\d?",
    r"client_secret_(?:basic|post|jwt)",  # how a client of OAuth shows who it is
)
_PLACEHOLDERS = (
    r"<.*>",
    r"&lt;.*&gt;",
    r"\*+",
    r"x{3,}",
    r"\.{3,}",
    r"-+",
    r"\[[\w .\-]+\]",
    r"(?:change_?-?(?:me|this|it)[_\- ]?)+",
    r"my[_\-](?:(?:[a-z]+\d{0,4}|\d{1,4})(?:[_\-. ]|$))*",
    r"insert[_\-].*",
    r"replace[_\-]?.*",
    r"(?:\w{1,12}[_\-])?your[_\-].*",
    r"put[ _\-]your[ _\-].*",
    r"your[a-z]{0,16}(?:token|password|secret|key)",
    r".*(?:(?:\.{3}|…)(?:[a-z_\-]*(?:your|actual|token|key)[a-z_\-]*)?"  # cut at its end
    r"|x{4,}|[_\-]x{3}|\*{3,}|[_\-]here)",  # or masked
    r"(?:[a-z]+[_\- ])?"
    r"(?:fake|dummy|test|sample|mock|stub|example|invalid|some|new|old|bad|wrong|expired|valid)"
    r"[_\- ](?:[a-z]+[_\- ])?(?:token|key|secret|password|value|jwt)s?",
)
_HARMLESS = re.compile(
    f"(?:{'|'.join((*_REFERENCES, *_PLACES, *_NUMBERS, *_NAMES, *_PLACEHOLDERS))})$",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"(?:[a-z]{2,}(?:[_\-][a-z]+)*/){2,}[\w.\-]*"  # a path of words
    r"|(?:org|com|net|io|edu|gov|javax?|jakarta)\.(?:[A-Za-z_]+\.)+[A-Za-z_]+"
    r"|\[[\w\-]+[~|^$*]?=['\"]?[\w\- ]*['\"]?\]"  # a selector of a page
    r"|\[[a-z]\w*\(.*\)\]"  # an expression of Azure's templates
    r"|[a-z]+(?:[A-Z][a-z]+)*(?:Label|Field|Hint|Placeholder|Title|Tooltip)\d{0,2}"
    r"|A[KS]IA[A-Z0-9]{9}EXAMPLE"  # of Amazon's manuals
    r"|[A-Z]{2,8}_(?:SECRET|TOKEN|KEY|PASSWORD|CREDENTIAL)S?_\d{1,3}"  # of a list of rules
    r"|(?:[a-z0-9]+-)*(?:tls|pull|ca|https?|registry|image|ingress|webhook|cert|docker|[ge]cr|ghcr)"
    r"(?:-[a-z0-9]+)?-secrets?"  # how a cluster calls one
)
"""Names and places as programs write them, by their capitals."""
_ENDS = ("label", "field", "hint", "placeholder", "title", "tooltip", "example")
"""Of those among them that are a run of letters and digits."""
_TEMPLATE = re.compile(r"(?:[A-Za-z_\-:=\" ]{0,20}\{[A-Za-z]\w{0,60}[._(][\w.()]{0,60}\}\"?){1,6}")
"""What a program fills in, by expressions."""
_METAVARIABLE = re.compile(
    r"(?:[A-Z]+[_\-])+(?:TOKEN|KEY|SECRET|(?:DB)?PASS(?:WORD|WD)?|CREDENTIALS?|HERE)"
    r"(?:@[a-z][a-z.]+(?:[/?:].*)?)?"
    r"|(?:[A-Za-z]{1,8}[_\-]){1,3}([0-9A-Za-z])\1{11,}"
)


def is_harmless(value: str) -> bool:
    """Return whether a value is a placeholder, a reference or a plain word of configuration."""
    begin = value[:LONGEST]
    lowered = begin.removesuffix("\n").lower()
    if lowered in _WORDS or _HARMLESS.match(begin):
        return True
    # Most values are a run of letters and digits: they are not tried.
    is_joined = not lowered.isalnum() or lowered.rstrip(string.digits).endswith(_ENDS)
    if is_joined and _WRITTEN.fullmatch(begin):
        return True
    if _METAVARIABLE.fullmatch(begin) or ("{" in begin and _TEMPLATE.fullmatch(begin)):
        return True
    # A long value is read to its end only where its beginning is so, too.
    return len(set(begin)) < 3 and len(set(value)) < 3
