"""Find secrets among the arguments of calls that are known to take one: `SetBasicAuth("me", "…")`.

What stands there has no name beside it; the function's own name gives it away, and its place among
the arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import is_random, is_wordlike
from recorder.sealing.names import (
    NAME_WORDS,
    class_of_name,
    is_named_so,
    is_of_password,
    is_said_of_one,
    is_secret_header,
    is_secret_name,
)
from recorder.sealing.passwords import is_passphrase, is_password, is_told_password
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_LITERAL = r"""[rbufN@$]{0,2}(?P<quote>\\{0,3}["'])(?P<value>(?:(?!(?P=quote))[^\\\n⟦⟧]){4,512})(?P=quote)"""
_ARGUMENT = r"""[^,()\n]{1,300}"""

_OF_ONE_USE = (
    r"set_?basic_?auth|with_?basic_?auth|(?:http_?)?(?:basic|digest|proxy)_?auth(?:entication)?|basic_?credentials"
    r"|network_?credential|username_?password_?(?:credentials?|authentication_?token)|password_?authentication"
    r"|(?:ftp|imap|smtp|mail|server|pop3?)\.login|username_pw_set|(?:cx_?oracle|oracledb)\.connect|simple_bind(?:_s)?|(?:conn|connection|ldap)\.bind"
    r"|ntlm_?auth|plain_?credentials|plain_?text_?auth_?provider|password_?authenticator|auth_?tokens?\.basic|bolt_?auth|auth\.basic|wifi\.begin|(?:postgresql|mysql)(?:_|::)password"
)
"""Those of them that take nothing else: there any word is one."""
_SECOND = (
    rf"{_OF_ONE_USE}|basic_?aws_?credentials|sign_?in|sign_?in_?with_?email_?and_?password|credentials\.new"
    r"|authenticate|log_?in|login|credentials?|set_?credentials|auth"
)
"""Functions whose second argument is the password of the user who is the first."""
_THIRD = (
    r"mysqli?_p?connect|new\s{1,3}mysqli|new\s{1,3}PDO|new\s{1,3}Sequelize|DriverManager\.getConnection"
    r"|get_?connection|directory_?entry|open_?ds_?object|(?:smtp\.)?plain_?auth|URL\.create|MySQLdb\.connect|pymysql\.connect|ldap_bind|jdbc_?connect|Sequel\.connect|DBI(?:->|\.)connect|connect_?db|PQsetdbLogin|create(?:Scram\w{4,10})?Credential|\bs3|\bFTP(?:_TLS)?"
    r"|ftp_login|ssh2_auth_password|odbc_connect|imap_open|(?:mssql|sybase|ibase|fbird)_connect|create_?(?:super)?user(?:_?with_?email_?and_?password)?|sign_?in_?with_?email_?and_?password"
)
"""Functions whose third argument is it."""
_OPEN = r"(?:\s?\(\s{0,40}|\s(?=\\{0,3}[\"'][\w.@\-]{1,60}\\{0,3}[\"'],))"
"""Before the arguments; Ruby needs no parenthesis."""
_USER_AND_PASSWORD = Exact(
    rf"(?<![A-Za-z0-9])(?:(?P<only>{_OF_ONE_USE})|{_SECOND}){_OPEN}(?P<user>{_ARGUMENT}),\s{{0,40}}(?:Some\()?{_LITERAL}(?:\.\w{{2,20}}\(\)|\))?\s{{0,4}}(?:[,)]|$|(?=\n))",
    re.IGNORECASE,
)
_SERVER_USER_AND_PASSWORD = Exact(
    rf"(?<![A-Za-z0-9])(?P<only>{_THIRD})\s?\(\s{{0,40}}{_ARGUMENT},\s{{0,40}}(?P<user>{_ARGUMENT}),\s{{0,40}}{_LITERAL}",
    re.IGNORECASE,
)
_FOURTH = "mysqli?_real_connect"
"""A connection first, then server, user and password."""
_CONNECTION_AND_PASSWORD = Exact(
    rf"(?<![A-Za-z0-9])(?P<only>{_FOURTH})\s?\((?:\s{{0,40}}{_ARGUMENT},){{2}}\s{{0,40}}(?P<user>{_ARGUMENT}),\s{{0,40}}{_LITERAL}",
    re.IGNORECASE,
)
_PAIR_OF_AUTH = Exact(
    rf"\b(?:http_|basic_)?auth\\{{0,3}}[\"']?\s{{0,3}}[=:]\s{{0,3}}[\[(]\s{{0,3}}(?P<user>\\{{0,3}}[\"'][^\"'\n\\]{{1,200}}\\{{0,3}}[\"']),\s{{0,3}}{_LITERAL}\s{{0,3}}[\])]"
)
_OF_CREDENTIALS = Exact(
    r"(?<![A-Za-z])(?:[A-Z]\w{0,40}Credentials?\w{0,20}|[A-Z]?\w{0,40}(?:Database|Connection|Login|Account)|Credentials?|mysql_real_connect|pg_connect|Credentials\.\w{2,12}|connect)\s?\((?P<arguments>[^()\n]{8,800})(?:\)|(?=\n)|$)"
)
"""What takes a user's name and, at whatever place behind it, the password."""
_OF_CLIENT = Exact(
    r"(?<![A-Za-z])(?:\w{0,40}(?:[Cc]lient|[Ss]tore|[Pp]arser|[Hh]andler|[Ss]earch|[Aa]uthenticator)|(?:\w{1,30}\.)?(?:login|run|start|init|initialize|authorize|configure|sign_?in)|Key::from)\w{0,10}\((?P<arguments>[^()\n]{0,100}(?:\[\]byte\()?[^()\n]{20,600})\)"
)
"""What a client of some service is made with, or started."""
_NO_TOKEN = Exact(r"[/.:\s]|^[0-9a-f]{64}$|^(?:sha\d+|md5)-")
LEAST_TOKEN = 24
"""Characters of what is taken for a token by its look alone."""
_STRING = Exact(r"(?P<quote>\\{0,3}[\"'])(?P<value>(?:(?!(?P=quote))[^\n⟦⟧]){0,512})(?P=quote)")
_KEYED = Exact(
    r"(?:(?P<keyed>SecretValue\.(?:unsafe)?[pP]lainText|signWith|setSigningKey|SymmetricSecurityKey|NewCookieStore|cookieParser|session_key|hmac\.[nN]ew|Signer|hashpw|(?:bcrypt|argon2|scrypt)\w{0,10}\.\w{2,20}|SignedString)|HMAC(?:256|384|512)|HS(?:256|384|512)|hmac(?:\.digest|_?sha\d*)?|HMAC\.new|hexdigest|SecretKeySpec|SymmetricKey|Fernet|hmacShaKeyFor|SecretBox"
    r"|AES\.new|[Kk]ey\s?=\s?Encoding\.\w{2,8}\.GetBytes|createSecretKey|crypt|[a-z]{1,3}\.load|hash_hmac|encrypt|decrypt|pbkdf2\w{0,10}|derive_?key|cookie_parser|CookieStore|NewStore|Key::from)"
    rf"\((?:[\w.\[\]<>]{{1,40}}[(,]\s?){{0,3}}{_LITERAL}"
)
"""What takes a key of its own: to sign, to check, to encrypt."""
_SIGNER = Exact(
    rf"(?:(?:(?P<keyed>(?:jwt|jsonwebtoken)\.(?:sign|verify|encode|decode))|(?:jws|jose|JWT|token)\.(?:sign|verify|encode|decode|parse))\(\s{{0,40}}[^,\n]{{1,200}}"
    rf"|(?:createHmac|createCipheriv|createDecipheriv|OpenSSL::HMAC\.(?:hex)?digest|hash_hmac)\(\s{{0,40}}[^,\n]{{1,60}}|hash_hmac\([^,\n]{{1,60}},[^,\n]{{1,200}}),\s{{0,40}}{_LITERAL}"
)
_ALGORITHM = Exact(
    r"^(?:[HRPE]S|ES)\d{3}|^(?:utf|sha|md5|aes|des|base64|hex|latin|ascii|binary|hmac)",
    re.IGNORECASE,
)
_SETTING = Exact(r"[A-Za-z]+(?::[A-Za-z]+)+")
"""Where a setting stands whose value is it: `GetSection("Jwt:Key")`."""
_BYTES_OF = Exact(
    r"(?P<keyed>(?i:passw(?:or)?d|passphrase|secret|pwd|KeySpec|key_?store|keystore|Authentication|storepass|SigningKey|signWith|hmac)[^\n;\"\\]{0,80})"
    r"(?P<quote>\\{0,3}\")(?P<value>[^\"\\\n⟦⟧]{4,512})(?P=quote)(?:\)?\.(?:toCharArray|getBytes)\()"
)
"""A literal that Java takes as characters or bytes where it speaks of a password or a key."""
_BASIC = Exact(
    r"(?:btoa|b64encode|Buffer\.from|encodeToString|EncodeToString|toBase64String|ToBase64String|base64_encode|Base64\.\w{3,20}|(?P<keyed>USERPWD))(?:[\s,(\[]|byte|\]|Encoding\.\w{3,5}\.GetBytes|b(?=[\"'])){1,8}"
    r"(?P<quote>\\{0,3}[\"'])(?P<user>[^\s:\"'\\]{1,128}):(?P<value>(?:(?!(?P=quote))[^\\\n⟦⟧]){4,512})(?P=quote)"
)
"""A user and a password about to be encoded."""
_FIELD = Exact(
    rf"(?<![A-Za-z_])(?P<name>[A-Za-z_][\w.\-]{{1,120}})[\\\"'\]/]{{1,8}}i?\)?(?:,\s{{0,3}}(?:with:\s)?|\)?\.\w{{2,20}}\(\s{{0,3}}){_LITERAL}(?!\s{{0,3}}:)"
)
"""A form's field that a test of the screen fills: `fill('#password', "…")`."""
_PROPERTY = Exact(
    r"\b(?P<name>[A-Za-z_]\w{1,60})\s?(?:\{\s?get;[^}\n]{0,60}\}\s?=\s?|\{)@?(?P<quote>\")(?P<value>[^\"\\\n⟦⟧]{4,512})\""
)
_TUPLE = Exact(
    r"(?P<open>[{(])\s?'?\$?(?P<name>[A-Za-z_][\w\-]{1,40})\\{0,3}'?,\s{0,4}<{0,2}(?P<quote>\\{0,3}\")(?P<value>[^\"\\\n⟦⟧]{4,512})\\{0,3}\"[^\"\n]{0,4}[})]"
)
"""Erlang's pairs."""
_SYMBOL = Exact(
    r":(?<![\w:]:)(?P<name>[a-z_]\w{1,60}),\s{0,4}(?P<quote>[\"'])(?P<value>[^\"'\\\n⟦⟧]{4,512})(?P=quote)"
)
"""Ruby's: `set :db_password, "…"`."""
_COMPARED = Exact(
    r"(?:strn?(?:case)?cmp|memcmp|equals|compare\w{0,12})\((?P<name>[A-Za-z_][\w.>\-]{1,60}),\s{0,4}(?P<quote>\")(?P<value>[^\"\\\n⟦⟧]{4,512})\""
)
_COMPARED_WITH = Exact(
    r"(?P<quote>\")(?P<value>[^\"\\\n⟦⟧]{4,512})\"\.equals(?:IgnoreCase)?\((?P<name>(?:[A-Za-z_]\w{1,60}\.){0,3}[A-Za-z_]\w{1,60})(?:\(\))?\)"
)
"""The literal first, as Java's programmers like it."""
_QUOTED_BY_LISP = Exact(
    r"\((?:setq|def\w{0,9}|setf|set!)\s{1,4}(?P<name>[\w\-*]{2,60})\s{1,4}(?P<quote>\")(?P<value>[^\"\\\n⟦⟧]{4,512})\""
)
_PAIR_OF_CONSTANT = Exact(
    r"(?P<name>\b[A-Za-z_]{0,40}(?:auth|AUTH|Auth|creds|CREDS|credentials|CREDENTIALS|login|LOGIN))[\"']?\s?[:=]\s?[\[(]\s?(?P<user>\\{0,3}[\"'][^\"'\n\\]{1,100}\\{0,3}[\"']),\s{0,3}"
    + _LITERAL
    + r"\s?[\])]"
)
_IN_LIST = Exact(r"[\[{][^\]}]*$")
"""Before what is no argument, but one more in a list, or of a map."""
_ADDRESS = Exact(r"[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64}){0,4}\.[a-z]{2,12}")
"""Of who logs in, where something else stands first."""
_WALLET = Exact(
    r"(?:[Ww]allet|To[Aa]ccount|[Ff]rom_?[Kk]ey)\([\\\"']{1,4}0x(?P<value>[0-9a-fA-F]{64})\\{0,3}[\"']"
)
"""What an account of a chain of blocks is made of."""
_OF_FIELD = Exact(
    rf"\(\s{{0,9}}{_LITERAL},\s{{0,9}}forHTTPHeaderField:\s{{0,3}}\\{{0,3}}\"(?P<name>[\w\-]{{2,60}})"
)
"""Swift's way to set a header, with its name behind."""
_BEHIND_SCHEME = Exact(
    rf"(?P<name>[Bb]earer)\s(?:%[sv])?\\{{0,3}}[\"']\s{{0,3}}[+.,]\s{{0,3}}{_LITERAL}"
)
"""A token that a program puts behind its scheme."""
LEAST_AUTH = 8
"""Characters of a password that looks like none."""
LEAST_KEY = 24
"""Characters of what is taken for a key of random bytes."""
_SETTER = Exact(
    r"(?<![A-Za-z0-9])(?P<name>(?:set|with|use|add)_?[A-Za-z_]{0,40}|[A-Za-z_]{0,20}(?:password|secret|token|key)|(?P<auth>(?<=[.:>])auth)|[A-Za-z_][\w.]{0,40}(?=\.equals))(?:\.equals(?:IgnoreCase)?)?"
    rf"\(\s{{0,40}}{_LITERAL}\s{{0,40}}(?P<end>[,)])",
    re.IGNORECASE,
)


def _arguments(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        value = match["value"]
        if is_harmless(value) or value.isspace() or _ADDRESS.fullmatch(value):
            continue
        if _IN_LIST.search(match["user"]):
            continue
        if not _is_word(value) or _is_beside_user(match):
            yield SecretSpan(*match.span("value"), "password", "call")


def _is_beside_user(match: re.Match[str]) -> bool:
    """Return whether a word stands behind a user's name, where it can be nothing but a password."""
    said, user, value = match.groupdict(), match["user"].strip(), match["value"]
    if user[-1:] not in {'"', "'"} or " " in value or is_secret_name(value) or value in user:
        return False
    return "only" not in said or said["only"] is not None or "@" in user


def _telling(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield literals that look like passwords: other texts may stand in such a place too."""
    for match in form.finditer(text, start, end):
        value = match["value"]
        said = match.groupdict()
        is_key = said.get("keyed") and _is_key(value)
        is_key = is_key or (said.get("user") and is_told_password(value))
        if is_key or is_password(value) or (len(value) >= LEAST_KEY and is_random(value)):
            yield SecretSpan(*match.span("value"), "password", "call")


def _is_key(value: str) -> bool:
    """Return whether a word may be what something is signed with, and names no algorithm."""
    is_other = _ALGORITHM.search(value) or _SETTING.fullmatch(value)
    return not (is_harmless(value) or " " in value or is_other)


def _headers(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for form in (_OF_FIELD, _BEHIND_SCHEME):
        for match in form.finditer(text, start, end):
            name, value = match["name"], match["value"]
            if (is_secret_header(name) or is_secret_name(name)) and not (
                is_harmless(value) or " " in value or _is_word(value)
            ):
                yield SecretSpan(*match.span("value"), class_of_name(name), "header")


def _wallets(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _WALLET.finditer(text, start, end):
        yield SecretSpan(*match.span("value"), "private-key", "call")


def _random_strings(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what is certainly no word among what a client of some service is made with."""
    for call in _OF_CLIENT.finditer(text, start, end):
        for match in _STRING.finditer(text, *call.span("arguments")):
            value = match["value"]
            if len(value) >= LEAST_TOKEN and is_random(value) and not _NO_TOKEN.search(value):
                yield SecretSpan(*match.span("value"), "secret", "call", suspected=True)


def _in_literals(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _FIELD.finditer(text, start, end):
        if is_secret_name(match["name"]) and is_password(match["value"]):
            yield SecretSpan(*match.span("value"), "password", "call")
    for form in (_PROPERTY, _TUPLE, _SYMBOL, _COMPARED, _QUOTED_BY_LISP):
        yield from _named(form, text, start, end)


def _later_strings(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for call in _OF_CREDENTIALS.finditer(text, start, end):
        strings = [*_STRING.finditer(text, *call.span("arguments"))]
        # A single string may stand behind arguments that are none.
        first = strings[0].start() if strings else 0
        is_behind = len(strings) == 1 and "," in text[call.start("arguments") : first]
        for match in strings if is_behind else strings[1:]:
            value = match["value"]
            is_last = match is strings[-1] and len(strings) > 2
            if (
                is_password(value)
                or (is_last and is_told_password(value))
                or (len(value) >= LEAST_KEY and is_random(value))
            ):
                yield SecretSpan(*match.span("value"), "password", "call")


def _named(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        name, value = match["name"], match["value"]
        if not is_secret_name(name) or is_harmless(value) or _is_word(value):
            continue
        if not _ALGORITHM.search(value):
            yield SecretSpan(*match.span("value"), class_of_name(name), "call")


_CHECKS = Exact(r"(?:check|verify|valid|hash|make|compare|match|encrypt|test)", re.IGNORECASE)
"""What takes a password and something else."""


def _setters(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _SETTER.finditer(text, start, end):
        name, value = match["name"], match["value"]
        if not is_secret_name(name) or is_harmless(value):
            continue
        if match["end"] == "," and not (_CHECKS.match(name) and is_password(value)):
            continue
        if (
            match["auth"]
            and not is_password(value)
            and (len(value) < LEAST_AUTH or _is_word(value))
        ):
            continue  # `app.auth("oauth2")`
        if not _is_word(value) or _is_set_as_password(name, value):
            yield SecretSpan(*match.span("value"), class_of_name(name), "call")


def _is_set_as_password(name: str, value: str) -> bool:
    """Return whether a word is what a password is set to, and says nothing of one."""
    return is_of_password(name) and not (
        " " in value or is_said_of_one(value) or is_secret_name(value) or is_named_so(name, value)
    )


def _is_word(value: str) -> bool:
    """Return whether a literal reads as a name or a text rather than as a password."""
    if " " in value:
        return True
    return is_wordlike(value) and not any(map(str.isdigit, value)) and not is_passphrase(value)


CLUES = (
    Clue(rf"(?:{_SECOND})(?:\s?\(|\s\\{{0,3}}[\"'])[^,()\n]{{1,300}},\s{{0,40}}(?:some\()?[rbufN@$]{{0,2}}\\{{0,3}}[\"']", 700, 600, partial(_arguments, _USER_AND_PASSWORD)),
    Clue(rf"(?:{_THIRD})\s?\([^,()\n]{{1,300}},\s{{0,40}}[^,()\n]{{1,300}},\s", 700, 1300, partial(_arguments, _SERVER_USER_AND_PASSWORD)),
    Clue(rf"{_FOURTH}\s?\(", 40, 1600, partial(_arguments, _CONNECTION_AND_PASSWORD)),
    Clue(r"auth\\{0,3}[\"']?\s{0,3}[=:]\s{0,3}[\[(]\s{0,3}\\{0,3}[\"']", 40, 900, partial(_arguments, _PAIR_OF_AUTH)),
    Clue(r"(?:login|run|client|store|parser|handler|authenticator|from|search|init|initialize|authorize|start|configure|sign_?in)\w{0,10}\([\w\s,\"'\[\]().:&*]{0,80}[\"'][A-Za-z0-9_\-.+/=:]{20}", 200, 400, _random_strings, is_of_line=True),
    Clue(r"(?:credentials?(?:\.\w{2,12}|\w{0,20})|database|connection|login|account|mysql_real_connect|pg_connect|connect)\s?\([^\n()]{1,300},\s{0,40}\\{0,3}[\"']", 800, 700, _later_strings),
    Clue(
        r"(?:hmac(?:256|384|512)|hmac\.\w{3,9}|hmac_?sha\d{0,3}|hs(?:256|384|512)|hexdigest|secretkeyspec|symmetric\w{0,8}key|fernet|signedstring|signwith|setsigningkey|hmacshakeyfor|secretbox|aes\.new|(?:bcrypt|argon2|scrypt)\w{0,10}\.\w{2,20}|encoding\.\w{2,8}\.getbytes"
        r"|createsecretkey|crypt|\w\.load|hash_hmac|pbkdf2\w{0,10}|derive_?key|cookiestore|newstore|cookie_?parser|signer|hashpw|key::from|plaintext)\([\w.,\[\]<>( ]{0,80}\\{0,3}[\"']",
        160, 600, partial(_telling, _KEYED),
    ),
    Clue(r"(?:(?:jwt|jws|jose|jsonwebtoken|token)\.(?:sign|verify|encode|decode|parse)|createhmac|create(?:de)?cipheriv|hmac\.(?:hex)?digest|hash_hmac)\([^\n]{1,200},\s{0,40}[rbufN@$]{0,2}\\{0,3}[\"']", 320, 600, partial(_telling, _SIGNER)),
    Clue(r"\"\)?\.(?:tochararray|getbytes)\(", 640, 4, partial(_telling, _BYTES_OF)),
    Clue(r"(?:btoa|b64encode|buffer\.from|encodetostring|tobase64string|base64_encode|base64\.\w{3,20}|userpwd)[\s,(\[\]\w.]{1,40}\\{0,3}[\"'][^\s:\"']{1,128}:", 240, 560, partial(_telling, _BASIC)),
    Clue(
        rf"{NAME_WORDS}[\w.\-*]{{0,40}}(?:[\"'\]]{{1,3}}\)?(?:,(?:\swith:)?|\)?\.\w{{2,20}}\()\s{{0,3}}[\\\"']|\s?(?:\{{\s?get;[^}}\n]{{0,60}}\}}\s?=\s?@?|\{{)\""
        r"|'?,\s{0,4}<{0,2}\\{0,3}\"|\s{1,4}\")",
        200, 600, _in_literals, is_of_line=True,
    ),
    Clue(r"(?:send_?keys\(|(?:page|\))\.fill\(|fill_in[( ]|getbylabel)", 160, 600, _in_literals, is_of_line=True),
    Clue(r"\"\.equals(?:ignorecase)?\(", 640, 240, partial(_named, _COMPARED_WITH)),
    Clue(r"forhttpheaderfield:|bearer\s(?:%[sv])?\\{0,3}[\"']\s{0,3}[+.,]", 640, 600, _headers),
    Clue(r"(?:wallet|toaccount|from_?key)\([\\\"']{1,4}0x[0-9a-f]", 30, 80, _wallets),
    Clue(r"(?:auth|creds|credentials|login)[\"']?\s?[:=]\s?[\[(]\s?[\\\"']", 80, 700, partial(_telling, _PAIR_OF_CONSTANT)),
    Clue(rf"{NAME_WORDS}(?:\.equals(?:ignorecase)?)?\(\s{{0,40}}[rbufN@$]{{0,2}}\\{{0,3}}[\"']", 160, 600, _setters),
)  # fmt: skip
"""A clue for each kind of call."""
