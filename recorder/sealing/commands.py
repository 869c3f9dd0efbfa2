"""Find secrets on the command lines of tools that take them as arguments, each in its own way."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import is_random, is_wordlike
from recorder.sealing.names import NAME_WORDS, is_secret_name
from recorder.sealing.passwords import (
    is_passphrase,
    is_password,
    is_plainly_password,
    is_told_password,
)
from recorder.sealing.quotes import NESTED_QUOTE, end_of_argument, shell_secret
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_Q = r"""(?:'\\''|\\{0,3}["'])?"""
_V = r"""(?P<value>[^\s"'`\\|;&<>⟦⟧$]{4,512})"""
_QV = (
    r"""(?:'\\''(?P<nested>(?:(?!'\\'')[^\n⟦⟧]){4,512})'\\''"""
    rf"""|'(?P<single>(?:[^'⟦⟧]|{NESTED_QUOTE}){{4,512}})'"""
    r"""|"(?P<double>(?:\\[^\n⟦⟧]|[^"\\$⟦⟧]){4,512})\""""
    r"""|(?P<open>\\{1,7}")(?P<escaped>(?:(?!\\{1,7}")[^"⟦⟧]){4,512})\\{1,7}\""""
    rf"""|{_V})"""
)
_QV2 = re.sub(r"(?<=\?P<)(\w+)", r"\g<1>2", _QV)
"""The same in the second branch of a form."""
_TELLING = r"\w*(?:TOKEN|KEY|SECRET|PASS|PWD|AUTH|CRED)"
"""In the name of a variable that everybody may read, and should not."""
_GAP = r"(?:[^\n|;]|(?<=\\)[ ]?\n){0,600}?"
"""Whatever stands on the same command line before the argument that counts."""


def _argument(tools: str, option: str, value: str = _QV) -> Exact:
    # Between the strings of a list that is written in a string there are five signs.
    option = option.replace(r"\s{0,3}", r"\s{0,5}").replace(r"\s{1,3}", r"\s{1,6}")
    return Exact(rf"\b(?:{tools})\b{_GAP}\s(?:{option}){value}")


_LIST = re.compile(r"\\?[\"'],\s{0,3}\\?[\"'](?=[^\s,\"'])|\\?\"\sa\d{1,3}=\\?\"")
"""Between the arguments of a program's list, which is read as the command line that it stands for."""
LINE = 1300
"""Characters of a command line before and after a clue that are looked at."""
_FORMS: tuple[tuple[str, str, Exact], ...] = (
    (
        r"(?:mysql|mariadb|7z)[^|;]{0,600}\s-p",
        "password",
        _argument(r"mysql\w{0,12}|mariadb[\w\-]{0,12}|7z[ar]?", r"-p"),
    ),
    (
        r"(?:sshpass|user(?:add|mod))\s",
        "password",
        _argument(r"sshpass|user(?:add|mod)", r"-p\s{0,4}"),
    ),
    (
        r"(?:\slogin|mongo)[^\n|;]{0,600}\s(?:-p|--password)[=\s]",
        "password",
        _argument(
            r"(?:docker|podman|buildah|skopeo|nerdctl|helm|oras|crane|oc|az|ibmcloud|cf|bw|argocd|"
            r"rancher|conan)\b[^\n|;]{0,60}?\blogin|mongo(?:sh|dump|restore|export|import)?",
            r"(?:-p|--password)[=\s]\s{0,3}(?!-)",
        ),
    ),
    (r"(?:redis|valkey|keydb)-(?:cli|benchmark)\s", "password", _argument(r"(?:redis|valkey|keydb)-(?:cli|benchmark)", r"(?:-a|--pass)[=\s]\s{0,3}")),
    (r"ldap\w{1,12}\s[^\n|;]{0,600}\s-w", "password", _argument(r"ldap\w{1,12}", r"-w\s{0,3}")),
    (r"\s-pw\s", "password", _argument(r"plink|pscp|psftp|putty|plink\.exe", r"-pw\s{1,3}")),
    (
        r"(?:zip|sqlcmd|bcp|osql|mssql-cli|mosquitto_\w{2,4})\s[^\n|;]{0,600}\s?-P",
        "password",
        _argument(r"zip|unzip|sqlcmd|bcp|osql|mssql-cli|mosquitto_\w{2,4}", r"-P\s{0,3}(?!-)"),
    ),
    (
        r"(?:beeline|cqlsh|winrm|crackmapexec|cme|nxc|netexec|hydra|medusa|ncftp\w{0,6}|psexec(?:64)?|winexe|rdesktop|twine|smtp-cli)\s",
        "password",
        _argument(r"beeline|cqlsh|(?:evil-)?winrm|crackmapexec|cme|nxc|netexec|hydra|medusa|ncftp\w{0,6}|psexec(?:64)?|winexe|rdesktop|twine|smtp-cli", r"-p\s{1,3}(?!-)"),
    ),
    (r"(?:freerdp\d?|schtasks|wmic|cmdkey|mstsc|runas|psexec|winrs)\s", "password", _argument(r"[wx]?freerdp\d?|schtasks|wmic|cmdkey|mstsc|runas|psexec|winrs", r"[/\-](?:p|rp|pass(?:word)?)[:\s]\s{0,3}")),
    (r"snmp(?:walk|get|set|trap|bulk|table|inform|status|test|translate|df|usm)\w{0,6}\s", "password", _argument(r"snmp\w{2,10}", r"-[AXac]\s{1,3}(?!-)(?!public\b|private\b|SHA|MD5|AES|DES)")),
    (r"snmp(?:walk|get|set|trap|bulk|table|inform|status|test|translate|df|usm)\w{0,6}\s", "password", _argument(r"snmp\w{2,10}", r"-X\s{1,3}(?!-)")),
    (r"isql\s", "database-password", Exact(rf"\bisql\s+(?:-\w\s+){{0,4}}[\w.\-]{{1,80}}\s+[\w.\-]{{1,80}}\s+(?!-){_QV}")),
    (r"mysqladmin\s", "database-password", _argument("mysqladmin", r"password\s{1,3}")),
    (r"nmcli\s", "password", _argument("nmcli", r"password\s{1,3}")),
    (r"(?:cargo|vault|bao|wandb|hf|huggingface-cli)\slogin\s|(?:snyk|tailscale|netlify)\sauth\s|authtoken\s|operator\sunseal\s|encrypt_string\s|snyk\sconfig\s", "token", Exact(rf"\b(?:(?:vault|bao)\s+operator\s+unseal|ansible-vault\s+encrypt_string|snyk\s+config\s+set\s+api=|(?:cargo|vault|bao|wandb|hf|huggingface-cli)\s+login|(?:snyk|netlify)\s+auth|ngrok\s+(?:config\s+add-)?authtoken)(?:\s+|(?<=api=))(?:--\s+)?(?!-|https?:){_QV}")),
    (r"composer\sconfig\s", "token", Exact(rf"\bcomposer\s+config\s+(?:-\S+\s+){{0,3}}(?:(?:http-basic)\.\S+\s+\S+|(?:bearer|github-oauth|gitlab-token|gitlab-oauth)\.\S+)\s+{_QV}")),
    (r"(?:secretsdump|psexec|wmiexec|smbexec|atexec|dcomexec|mssqlclient|getuserspns|getnpusers|getst|gettgt|lookupsid|samrdump|smbclient|ntlmrelayx)(?:\.py)?\s", "password", Exact(rf"\b(?:impacket-)?(?:secretsdump|psexec|wmiexec|smbexec|atexec|dcomexec|mssqlclient|getuserspns|getnpusers|getst|gettgt|lookupsid|samrdump|smbclient|ntlmrelayx)(?:\.py)?\b{_GAP}\s{_Q}(?:[\w.\-]{{1,80}}/)?[\w.$\-]{{1,80}}:['\"]?(?P<value>[^\s\"'⟦⟧]{{4,256}})['\"]?@", re.IGNORECASE)),
    (r"psexec(?:64)?(?:\.exe)?\s", "password", Exact(rf"\bpsexec(?:64)?(?:\.exe)?\b{_GAP}\s-p\s{{1,4}}(?![-$%]){_QV}", re.IGNORECASE)),
    (r"reg(?:\.exe)?\sadd\s", "password", Exact(rf"\breg(?:\.exe)?\s+add\b[^\n]{{0,600}}?/v\s+\"?\w*(?:pass|pwd|secret|token|apikey)\w*\"?\s[^\n]{{0,200}}?/d\s+{_QV}", re.IGNORECASE)),
    (r"(?:htpasswd|mosquitto_passwd)\s-", "password", Exact(rf"\b(?:htpasswd|mosquitto_passwd)\b\s-\w*b\w*\s+\S+\s+\S+\s+{_QV}")),
    (r"\s-pass(?:in|out)?\s+[\\\"']{0,4}pass:|openssl\s(?:enc|passwd)\s", "password", Exact(rf"\bopenssl\b{_GAP}\s(?:-pass(?:in|out)?\s+{_Q}pass:{_V}|(?:-k|passwd(?:\s+-[\w.]+)*)\s{{1,3}}(?!-){_QV2})")),
    (r"-(?:src|dest)?(?:store|key)pass\s", "password", Exact(rf"(?<!\S)-(?:src|dest)?(?:store|key)pass\s+(?!-){_QV}")),
    (r"(?:keytool|jarsigner)\s[^\n|;]{0,600}\s-(?:new|pass)", "password", _argument(r"keytool|jarsigner", r"-(?:new|(?:src|dest)?pass)\s+(?!-)")),
    (r"(?:ldappasswd|ldapmodify|ldapexop)\s[^\n|;]{0,600}\s-[as]", "password", _argument(r"ldappasswd", r"-s\s{0,3}(?!-)")),
    (r"ldappasswd\s[^\n|;]{0,600}\s-a", "password", _argument(r"ldappasswd", r"-a\s{0,3}(?!-)")),
    (r"influx\s[^\n|;]{0,600}\s-t", "token", _argument("influx", r"-t\s{1,3}(?!-)")),
    (r"sonar\.login=", "token", Exact(r"sonar\.login=[\"']?(?P<value>(?:sq[apu]_)?[0-9a-f]{40})(?![\w])")),
    (r"account\sauthorize\s|authorize[_\-]account\s", "token", Exact(rf"\bb2\s+(?:account\s+authorize|authorize[_\-]account)\s+[0-9a-f]{{12,40}}\s+{_QV}")),
    (r"pass(?:word|phrase)?[\-_]?(?:cmd|command|eval)[=:\s]", "password", Exact(rf"pass(?:word|phrase)?[\-_]?(?:cmd|command|eval)[=:\s]\s{{0,3}}(?:\\{{0,3}}[\"'])?(?:echo|printf)\s+(?:-\w+\s+|[\"']?%s(?:\\n)?[\"']?\s+)?{_QV}", re.IGNORECASE)),
    (r":password:reset\[", "password", Exact(r":password:reset\[[^\],\n]{1,60},\s?(?P<value>[^\],\s\"'⟦⟧]{4,256})\]")),
    (r"(?:change|reset|set|update)[\-_]?password", "password", Exact(rf"\b(?:curl|http)\b{_GAP}\s(?:-d|--data(?:-raw|-binary)?)[=\s]\s{{0,3}}(?P<quote>['\"])(?P<value>[^\s\"'=&{{}}⟦⟧]{{8,256}})(?P=quote){_GAP}(?:change|reset|set|update)[\-_]?password", re.IGNORECASE)),
    (r"conan\s+user\s", "password", _argument(r"conan\s+user", r"-p\s{1,3}(?!-)")),
    (r"(?:passwd|kinit|cryptsetup|luks\w{3,8})\s[^\n]{0,120}<<", "password", Exact(rf"(?:^|(?<=[\s;&|\"']))(?:(?:smb|mk)?passwd|kinit|cryptsetup|luks\w{{3,8}})\b[^\n]{{0,120}}?<<-?\s?[\"']?(?P<end>[A-Za-z_]\w{{0,30}})[\"']?[^\n]{{0,80}}\n[ \t]{{0,20}}(?!(?P=end)$){_QV}", re.MULTILINE)),
    (r"net\s+use\s", "password", Exact(rf"\bnet\s+use\b{_GAP}/user:\S+\s+{_QV}", re.IGNORECASE)),
    (r"(?:smb\w|rpcclient)[^\n|;]{0,600}\s-U", "password", Exact(rf"\b(?:smb\w+|rpcclient)\b{_GAP}\s-U\s?{_Q}[^\s%\"']+%{_V}")),
    (r"https?\s[^\n|;]{0,600}(?:-a|--auth)[=\s]", "basic", Exact(rf"(?:^|[\s;|&(\"'])https?\s{_GAP}(?:-a|--auth)[=\s]\s{{0,3}}{_Q}[^\s:\"']{{1,128}}:{_V}", re.MULTILINE)),
    (r"aws\s+configure\s+set\s", "aws-secret", Exact(rf"\baws\s+configure\s+set\s+\S*(?:secret_access_key|session_token|access_key_id)\s+{_QV}")),
    (r"(?:secret|variable)\s+set\s[^\n|;]{0,600}(?:--body|-b|--value|-v)", "ci-secret", Exact(rf"\b(?:gh\s+secret|gh\s+variable(?=\s+set\s+{_TELLING})|glab\s+(?:secret|variable))\s+set\s{_GAP}(?:--body|-b|--value|-v)[=\s]?\s{{0,3}}{_QV}")),
    (r"--from-literal[=\s]", "kubernetes-secret", Exact(rf"--from-literal[=\s]{_Q}[\w.\-]{{1,80}}={_V}")),
    (r"(?:vault|bao)\s+(?:kv\s+put|write)\s", "vault-secret", Exact(rf"\b(?:vault|bao)\s+(?:kv\s+put|write)\s{_GAP}(?:password|secret|token|key|value)\w*={_QV}")),
    (r"\|\s*(?:sudo\s+)?chpasswd", "password", Exact(rf"\becho\s+{_Q}[\w.\-]{{1,60}}:(?P<value>[^\s\"'|]{{3,256}}){_Q}\s*\|\s*(?:sudo\s+)?chpasswd")),
    (r"--passphrase[=\s]", "passphrase", _argument(r"gpg2?", r"--passphrase[=\s]\s{0,3}")),
    (r"(?:security|supabase|racadm|unrar|xcrun|perccli|onstat)\s[^\n|;]{0,600}\s-[pw]", "password", _argument(r"security|supabase|racadm|xcrun|perccli", r"(?:-p|--password|-w)\s{1,3}(?!-)")),
    (r"(?:unrar|rar|7z\w{0,2}|arj)\s[^\n|;]{0,200}\s-p", "password", _argument(r"unrar|rar|7z[ar]?|arj", r"-h?p")),
    (r"(?:security|ipmitool|vmware-cmd|pkcs12|dsconf|mysql_config)\s[^\n|;]{0,600}\s-P", "password", _argument(r"security|ipmitool|vmware-cmd", r"-P\s{1,3}(?!-)")),
    (r"qpdf\s", "password", Exact(rf"\bqpdf\b{_GAP}\s--encrypt\s+{_QV}")),
    (r"(?:signtool(?:\.exe)?|certutil(?:\.exe)?|netdom|dsadd|dcpromo|sc(?:\.exe)?\sconfig|pvk2pfx)\s", "password", _argument(r"signtool(?:\.exe)?|certutil(?:\.exe)?|netdom|pvk2pfx", r"(?:/p|-p|/pd:|/passwordd:)[:\s]?\s{0,3}(?!-)")),
    (r"net\s+(?:use|user)\s", "password", Exact(rf"\bnet\s+use\b(?:\s+\w:|\s+\*)?\s+[\\\s]{{1,9}}\S+\s+(?!/){_QV}|(?<!-)\bnet\s+user\s+(?:/\S+\s+)*[\w.\-]{{1,60}}\s+(?![/*]){_QV2}", re.IGNORECASE)),
    (r"rasdial\s", "password", Exact(rf"\brasdial\s+(?:\"[^\"\n]{{1,80}}\"|\S+)\s+\S+\s+(?!/){_QV}", re.IGNORECASE)),
    (r"lftp\s", "password", Exact(rf"\blftp\b[^\n]{{0,600}}?\s(?:-u|--user)[=\s]\s{{0,3}}{_Q}[^\s,\"']{{1,128}},{_V}")),
    (r"(?:poetry|bundle|composer|pulumi|yarn|npm|pip|git|conda|serverless)\s+config\s", "token", Exact(rf"\b(?:poetry|bundle|composer|pulumi|yarn|npm|pip|git|conda|serverless)\s+config\s+(?:set\s+)?(?:-\S+\s+){{0,3}}(?:(?:set\s+)?http-basic\.\S+\s+\S+\s+{_QV}|(?:set\s+)?--secret\s+[\w.:\-]+\s+{_QV2}|(?:set\s+)?[\w.\-]+\s+[\w.\-]{{1,60}}:(?P<third>[^\s\"'`]{{4,256}}))")),
    (r"(?:secret|vault|variable|parameter|credential)s?\s[^\n;|]{0,600}--(?:value|data|secret-string|plaintext|body|secret-value|password|string-value)[=\s]", "ci-secret", Exact(rf"\b\w{{2,20}}\s{_GAP}(?:secret|vault|(?<!gh\s)variable|variable(?=\s+set\s+{_TELLING})|credential)s?\s{_GAP}--(?:value|data|secret-string|plaintext|body|secret-value|string-value)[=\s]\s{{0,3}}(?!file:|@|-)(?!['\"]?\{{){_QV}")),
    (r"SecureString", "parameter", Exact(rf"SecureString\\?[\"']?[,\s]{{1,4}}(?:{_GAP}\s)?(?:--|\\?[\"'])?value\\?[\"']?[:=\s]{{1,4}}\\?{_QV}", re.IGNORECASE)),
    (r"auth\sinit\s", "token", Exact(rf"\bauth\s+init\s+(?:-\S+\s+[\w.\-]+\s+){{0,3}}?(?:-t|--access-token)[=\s]\s{{0,3}}{_QV}")),
    (r"nmap\s[^\n|;]{0,600}--script-args", "password", Exact(rf"\bnmap\b{_GAP}\s--script-args[=\s][^\n|;]{{0,300}}?(?:pass(?:word)?|pw|secret|token)=(?P<value>[^\s,'\"]{{4,256}})")),
    (r"(?:pass|psk|secret)=", "password", Exact(r"(?<=[,'\"])[\w.\-]{0,30}(?:pass(?:word|wd)?|psk|secret)=(?P<value>[^\s,'\"&;=⟦⟧$<{(]{4,256})(?=,|['\"]|\s)")),
    (r"(?:add_?user|adduser|create_?user|change_?password|set_?password|reset_?password|radtest|addauth\sdigest|autologon(?:\.exe)?|doveadm\sauth\stest)\s", "password", Exact(rf"\b(?:add_?user|adduser|create_?user|change_?password|set_?password|reset_?password|radtest|autologon(?:\.exe)?|doveadm\s+auth\s+test)\s+(?:-\S+\s+)*(?!-)[\w.@\\\-]{{1,60}}\s+(?:corp\s+|[\w.\-]{{1,30}}\s+(?=\S+\s+/))?(?![/\-]){_QV}|\baddauth\s+digest\s+[\w.\-]{{1,60}}:{_QV2}", re.IGNORECASE)),
    (r"mc\s+(?:alias|config\shost)\s", "access-key", Exact(rf"\bmc\s+(?:alias\s+set|config\s+host\s+add)\s+\S+\s+\S+\s+\S+\s+{_QV}")),
    (r"mc\s+(?:alias|config\shost)\s", "access-key", Exact(rf"\bmc\s+(?:alias\s+set|config\s+host\s+add)\s+\S+\s+\S+\s+{_QV}")),
    (r"(?:kv\s+|etcdctl\s+|zkCli\S*\s+|redis-cli\s+)(?:put|set|create)\s", "secret", Exact(rf"\b(?:kv|etcdctl|zkCli\S{{0,6}}|redis-cli)\s+(?:-\S+\s+)*(?:put|set|create)\s+[^\s=]{{0,120}}(?:passw|secret|token|key|cred)[^\s=]{{0,40}}\s+{_QV}")),
    (r"nsupdate\s", "key", Exact(rf"\b(?:nsupdate|dig)\b{_GAP}\s-y\s+(?:[\w\-]+:)?[\w.\-]+:{_V}")),
    (r"(?:ss-(?:local|server|tunnel|redir)|sslocal|swift)\s", "password", _argument(r"ss-(?:local|server|tunnel|redir)|sslocal|swift", r"-[kK]\s{1,3}(?!-)")),
    (r"service\s+install\s", "token", Exact(rf"\bcloudflared\b{_GAP}\sservice\s+install\s+{_QV}")),
    (r"ssh-keygen\s", "passphrase", _argument(r"ssh-keygen", r"-[NP]\s{1,3}(?!-)")),
    (r"(?:user-secrets\s+set|rclone\sobscure)\s", "secret", Exact(rf"\b(?:user-secrets\s+set\s+\S+|rclone\s+obscure)\s+(?!-){_QV}")),
    (r"(?:veracrypt|truecrypt|lein)\s[^\n|;]{0,300}\s-p", "password", _argument(r"veracrypt|truecrypt|lein", r"-p\s{1,3}(?!-)")),
    (r"wpa_passphrase\s", "password", Exact(rf"\bwpa_passphrase\s+(?:'[^'\n]{{1,40}}'|\"[^\"\n]{{1,40}}\"|\S{{1,40}})\s+{_QV}")),
    (r"-setairportnetwork\s", "password", Exact(rf"-setairportnetwork\s+\S+\s+(?:'[^'\n]{{1,40}}'|\"[^\"\n]{{1,40}}\"|\S{{1,40}})\s+{_QV}")),
    (r"dscl\s", "password", Exact(rf"\bdscl\b{_GAP}\s-passwd\s+\S+\s+{_QV}")),
    (r"hostednetwork\s", "password", Exact(rf"\bhostednetwork\b{_GAP}\skey={_QV}")),
    (r"db2\s", "database-password", Exact(rf"\bdb2\b{_GAP}\suser\s+\S+\s+using\s+{_QV}")),
    (r"rman\s", "database-password", Exact(rf"\brman\b{_GAP}\starget\s+[\w$#]+/{_V}@")),
    (r"uci\sset\s", "password", Exact(rf"\buci\s+set\s+\S{{1,120}}\.(?:key|password|psk|sae_password)={_QV}")),
    (r"bw\s(?:unlock|login)\s", "token", Exact(rf"\bbw\s+(?:unlock|login\s+\S+@\S+)\s+(?:--raw\s+)?(?!-){_QV}")),
    (r"cf\sauth\s", "token", Exact(rf"\bcf\s+auth\s+(?!-)\S{{1,80}}\s+(?!-){_QV}")),
    (r"(?:--with-token|--password-stdin|-stdin|secret\screate)[^\n]{0,200}<<", "token", Exact(rf"(?:--with-token|--password-stdin|-stdin|secret\screate)[^\n]{{0,200}}?<<-?\s?[\"']?[A-Za-z_]\w{{0,30}}[\"']?[^\n]{{0,80}}\n\s{{0,20}}{_QV}")),
    (r"nuget\s[^\n|;]{0,100}push\s", "token", Exact(rf"\bnuget(?:\.exe)?\s+push\s+\S+\s+(?!-){_QV}")),
)  # fmt: skip
"""(clue, class, form)."""


_AROUND = frozenset({"end", "quote"})
"""Groups of what stands around a value."""


def _find(
    credential_class: str, form: Exact, text: str, start: int, end: int
) -> Iterator[SecretSpan]:
    line = _LIST.sub(_blank, text[start:end])
    for match in form.finditer(line):
        said = match.groupdict().items()
        name, value = next((n, v) for n, v in said if v and n not in _AROUND and "open" not in n)
        is_word = is_wordlike(value.rstrip(".,;:")) and not any(map(str.isdigit, value))
        if not is_harmless(value) and not (
            is_word and (credential_class == "token" or value[-1] in ".,;:")
        ):
            begin, last = match.span(name)
            bare = shell_secret(value, _quote_of(match, name))
            yield SecretSpan(start + begin, start + last, credential_class, "argv", value=bare)


def _quote_of(match: re.Match[str], name: str) -> str:
    """Return the quote before an argument of one of the forms."""
    if name.startswith("escaped"):
        return match[name.replace("escaped", "open")]
    return {"single": "'", "double": '"'}.get(name.rstrip("2"), "")


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


_REPLACED = Exact(
    rf"\bsed\b{_GAP}[\"'\s]s(?P<end>[/|#,@:!~])[^\n]{{0,60}}?{NAME_WORDS}[^\n]{{0,40}}?(?P=end)(?P<value>(?:(?!(?P=end))[^\s⟦⟧=\\]){{8,512}})(?P=end)",
    re.IGNORECASE,
)
"""What is put in the place of a word that tells of a secret."""


def _replaced(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _REPLACED.finditer(text, start, end):
        if is_told_password(match["value"]) and not is_secret_name(match["value"]):
            yield SecretSpan(*match.span("value"), "secret", "argv")


_PAIR = Exact(
    r"\s(?:-u|-U|-l|-n|-x|-xu|--?user(?:name)?|--login)[=\s]\s{0,3}(?P<user>[^\s\-][^\s]{0,200})\s(?:[^\n|;]{0,300}?\s)?"
    rf"(?:-p|-P|-xp|-pw|--pass|-w)[=\s]\s{{0,3}}(?!-){_QV}"
)
"""A user and a password, of whatever tool."""
_OTHER_P = Exact(r"[{\[]\s*[\\\"'{].*|\d+(?:[:\-,./]\d+)*(?:/(?:tcp|udp))?|.*[/\\].*|.*:\d+|no:\w+")
"""What tools take after `-p` besides: ports, paths, plug-ins, a patch in JSON."""


def _pairs(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _PAIR.finditer(text, start, end):
        name = next(n for n in ("value", "nested", "single", "double", "escaped") if match[n])
        value = match[name]
        is_word = is_wordlike(value) and not any(map(str.isdigit, value))
        if not (
            (is_word and not is_passphrase(value))
            or is_harmless(value)
            or _OTHER_P.fullmatch(value)
        ):
            yield SecretSpan(match.start(name), match.end(name), "password", "argv")


_CURL_USER = Exact(
    r"\bcurl\b(?:[^\n|;]|(?<=\\)[ ]?\n){0,2000}?"
    rf"\s(?:-[A-Za-z]{{0,5}}u|--user|-U|--proxy-user)[=\s]?\s{{0,6}}{_Q}"
    r"(?:(?P<user>[^\s:\"'`\\]{0,256}):[\"']?(?P<value>[^\s\"'`\\$]{1,512})"
    r"|(?P<alone>[^\s:\"'`\\$]{8,256}(?=:[\"'\s]|:$)|[\w.\-]{16,256}(?=[\"'\s]|$)))"
)
"""A key that stands alone is the user, and its password is empty."""


def _curl_user(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    line = _LIST.sub(_blank, text[start:end])
    for match in _CURL_USER.finditer(line):
        if match["alone"]:
            if is_random(match["alone"]) or is_plainly_password(match["alone"]):
                first, last = match.span("alone")
                yield SecretSpan(start + first, start + last, "basic", "argv")
            continue
        begin = start + match.start("value")
        end, quote = end_of_argument(text, start + match.start("user"), start + match.end("value"))
        if not is_harmless(text[begin:end]):
            bare = shell_secret(text[begin:end], quote)
            yield SecretSpan(begin, end, "basic", "argv", value=bare)


_HOST = Exact(r"@[\w.\-]{2,120}(?::\d{2,5})?(?:/\S*)?$")
_USER_PASS = Exact(
    r"(?:^|[\s\"'])(?:-[uUAaE]|user(?=\s?=)|--?(?:proxy-)?(?:id|user|auth|login|basic|basic-auth|socks\w{0,9}|ur[il]|(?:src-|dest-)?creds?|credentials?|http-auth|(?:proxy-)?cert))(?:[=\s\"',\\]{1,8}|\"\s+a\d{1,2}=\")"
    r"(?P<user>[\w.@\\/$\-]{1,128})[:%](?P<value>[^\s\"'`\\⟦⟧$,]{4,256})"
)
"""A user and a password in one argument, of whatever tool."""


def _user_pass(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _USER_PASS.finditer(text, start, end):
        value = match["value"]
        host = _HOST.search(value)  # `me:secret@proxy:1080`
        value = value[: host.start()] if host else value
        if is_password(value) or (host and not is_harmless(value)):
            begin = match.start("value")
            end, quote = begin + len(value), ""
            if host is None:
                end, quote = end_of_argument(text, match.start("user"), end)
            bare = shell_secret(text[begin:end], quote)
            yield SecretSpan(begin, end, "basic", "argv", value=bare)


_SHORT_FLAG = Exact(
    r"(?:^|[\s\"'])-(?:[pPkKNWt]|xp|pw)(?:[\"'],\s{0,3}|\s{1,3})[\"']?(?P<value>[^\s\"'`\\|;<>⟦⟧,()]{8,256})(?=[\s\"',]|$)"
)
"""What stands behind a flag that many tools have for a password, and others for anything."""


_POD = Exact(r"-[0-9a-f]{8,10}-[bcdf-hj-np-tv-xz2-9]{5}$")
"""`kubectl exec -it` has one behind it."""


def _short_flags(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _SHORT_FLAG.finditer(text, start, end):
        if is_plainly_password(match["value"]) and not _POD.search(match["value"]):
            yield SecretSpan(*match.span("value"), "password", "argv")


def _in_list_too(trigger: str) -> str:
    """Return a clue that is also seen where the arguments are strings of a list."""
    trigger = trigger.replace(r"\s-", r"[\s\"']-")
    return f"{trigger[:-2]}[\\s\"'\\\\]" if trigger.endswith(r")\s") else trigger


CLUES = (
    Clue([rf"{before}-(?:[pknwt]|xp|pw)(?:[\"'],\s{{0,3}}|\s{{1,3}})[\"']?[^\s\"'`\\|;<>,()]{{8}}" for before in (*string.whitespace, '"', "'")], 20, 300, _short_flags),
    Clue(r"[\s\"'](?:-u|--user|-U|--proxy-user)[=\s'\"\w]", 2_100, 900, _curl_user),
    Clue(r"curl\s-[a-z]{1,5}u\s", 20, 900, _curl_user),
    Clue(r"user\s?=\s?[\\\"']{0,4}[\w.@\-]{1,60}:[^\s:%\"']", 160, 300, _user_pass),
    Clue(r"[\s\"'](?:-[uUAaE]|--?(?:proxy-)?(?:id|user|auth|login|basic|basic-auth|socks\w{0,9}|ur[il]|(?:src-|dest-)?creds?|credentials?|http-auth|cert))(?:[=\s\"',\\]{1,6}|\"\sa\d=\")[\w.@\\/$\-]{1,128}[:%][^\s:%]", 180, 300, _user_pass),
    *(
        Clue(_in_list_too(trigger), LINE, LINE, partial(_find, credential_class, form))
        for trigger, credential_class, form in _FORMS
    ),
    Clue(rf"sed\s[^\n|;]{{0,300}}[\"'\s]s[/|#,@:!~][^\n]{{0,60}}{NAME_WORDS}", LINE, LINE, _replaced),
    Clue(r"\s(?:-u|-l|-n|-x|-xu|--?user(?:name)?|--login)[=\s][^\n|;]{1,500}\s(?:-p|-xp|-pw|--pass|-w)[=\s]", 600, 600, _pairs),
)  # fmt: skip
"""A clue for each tool's way."""
