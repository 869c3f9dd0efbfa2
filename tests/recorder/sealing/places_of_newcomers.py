"""Places in which secrets stand, ninth set: of tools, languages and dumps that the others left out.

Written as the first, in `unseen_places`.
"""

from __future__ import annotations

__all__ = ["PLACES"]

PLACES = r"""
form1|user%5Bemail%5D=a%40acme.dev&user%5Bpassword%5D={W}
form2|utf8=1&session%5Blogin%5D=bob&session%5Bpassword%5D={P}&commit=Log+in
yaml1|password: &dbpw {W}\nreplica_password: *dbpw
yaml2|  api_token: &token "{T}"
yaml3|db:\n- secret_key: &k {T} # shared
php1|  ["password"]=>\n  string(12) "{P}"
php2|  ["apiToken":protected]=>\n  string(40) "{T}"
php3|  ["db_pass":"App\\Config":private]=>\n  string(9) "{W}"
jenkins1|<hudson.util.Secret><plainText>{T}</plainText></hudson.util.Secret>
list1|	 * Username : bob\n	 * Domain   : ACME\n	 * Password : {P}
list2|Account:\n  • user: bob\n  • password: {P}
""".strip()
