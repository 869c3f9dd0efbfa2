"""Judge cmd's and PowerShell's own commands, as far as their words tell.

PowerShell is parsed by tree-sitter; cmd is cut at its operators. What neither knows is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from analyzer.effects.names import is_recovery
from analyzer.effects.places import UNKNOWN, environment_in
from analyzer.effects.ranks import unknown, worst_of
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["judge_cmd", "judge_powershell"]

_POWERSHELL = Language(tree_sitter_powershell.language())
MAX_TEXT = 50_000
MAX_NODES = 500
RECOVERY_ENDS: tuple[tuple[str, str], ...] = (
    (r"^vssadmin\s+(?:delete|resize)\s+shadow", "shadow copies go"),
    (r"^diskshadow\b", "diskshadow runs a script over shadow copies"),
    (r"^wbadmin\s+(?:delete|disable)\b", "Windows' backups go"),
    (r"^wmic\b.*\bshadowcopy\b.*\bdelete", "shadow copies go"),
    (r"^bcdedit\b.*(?:recoveryenabled\s+no|bootstatuspolicy\s+ignoreallfailures)", "recovery at boot is off"),
    (r"^reagentc\s+/disable", "the recovery environment is off"),
    (r"^schtasks\b.*(?:/disable|/delete).*", "a scheduled task is off"),
    (r"^sc(?:\.exe)?\s+(?:config|sdset|delete|stop)\s+(?:vss|swprv|sdrsvc|wbengine)", "a backup service is off"),
    (r"^taskkill\b.*(?:backup|veeam|acronis|sqlwriter|vss)", "what makes backups is ended"),
    (r"^net\s+stop\s+\"?(?:vss|sdrsvc|wbengine|.*backup)", "a backup service is off"),
    (r"^reg\s+add\b.*(?:systemrestore|disableconfig|disablesr|previousversions|windowsbackup|disable\w*backup)", "system restore is off"),
    (r"^reg\s+add\b.*services\\(?:vss|sdrsvc|swprv|wbengine)\b.*\b4\b", "a backup service is off"),
)  # fmt: skip
"""cmd's lines that end what could be restored (MITRE ATT&CK T1490)."""
CMD_DESTROYS: tuple[tuple[str, Effect, str], ...] = (
    (r"^(?:del|erase)\s+(?!/\?)", Effect.D1, "deletes files"),
    (r"^(?:rd|rmdir)\s+.*(?:/s|[A-Za-z]:\\)", Effect.D1, "deletes a folder with all in it"),
    (r"^format(?:\.com)?\s+[A-Za-z]:", Effect.D1, "formats a drive"),
    (r"^cipher\s+/w", Effect.D1, "overwrites free space"),
    (r"^sdelete(?:64)?\b", Effect.D1, "overwrites files"),
    (r"^robocopy\b.*(?:/mir|/purge)", Effect.D1, "deletes what is not at the source"),
    (r"^diskpart\b.*(?:clean|wipe|erase|format)", Effect.D1, "diskpart is told to clean a disk"),
    (r"^diskpart\b", Effect.UNKNOWN, "diskpart runs what is typed or a script"),
    (r"^reg\s+delete\b", Effect.D1, "deletes from the registry"),
    (r"^wevtutil\s+(?:cl|clear-log|set-log|sl)\b", Effect.D5, "clears an event log"),
    (r"^net1?\s+(?:user|localgroup|group|share|use|session|computer)\b.*\s/(?:delete|del|active:no)\b", Effect.D6,
     "takes a user, a share or a session away"),
    (r"^(?:copy|xcopy)\b.*\bnul\s+\S|^(?:type|echo)\s+nul\s*>\s*\S|^move\b.*\snul\s*$", Effect.D1, "empties a file, or moves it to nowhere"),
    (r"^wmic\s+process\s+call\s+create\b.*\b(?:del|rd|rmdir|erase|format)\b", Effect.D1, "starts a command that deletes"),
    (r"^net1?\s+user\s+\S+\s+[^/\s]\S*\s*$", Effect.D6, "sets another password"),
    (r"^sc\s+(?:stop|config)\s+(?:windefend|eventlog|sense|mpssvc|wscsvc|sysmon\w*|wuauserv)\b"
     r"|^sc\s+config\s+\S+\s+start\s*=\s*disabled", Effect.D5, "a guard or a service is off"),
    (r"^reg\s+add\b.*\s/v\s+start\s.*/d\s+4\b", Effect.D5, "a service does not start any more"),
    (r"^reg\s+add\b.*(?:windows defender|disableanti|disablerealtime|enablelua|\\eventlog\b|enablefirewall"
     r"|scriptblocklogging|modulelogging|transcription|tamperprotection)", Effect.D5, "a guard or a log is off"),
    (r"^fltmc\s+unload|^sysmon(?:64)?\s+-u\b", Effect.D5, "what watches is taken out"),
    (r"^bcdedit\b.*/set\s+(?:\S+\s+)?safeboot", Effect.D5, "the next start is without guards"),
    (r"^dism\b.*/(?:disable-feature|remove-\w+)", Effect.D5, "takes a feature away"),
    (r"^forfiles\b.*\b(?:del|erase|rd|rmdir)\b", Effect.D1, "deletes what it finds"),
    (r"^msiexec\b.*/(?:x|uninstall)\b", Effect.D1, "uninstalls a program"),
    (r"^bcdedit\b.*/(?:delete|deletevalue)\b", Effect.D5, "takes an entry of the boot away"),
    (r"^icacls\b.*/(?:reset|deny|remove)\b", Effect.D6, "takes rights away"),
    (r"^cmdkey\b.*/delete", Effect.D6, "deletes a stored credential"),
    (r"^pnputil\b.*/delete-driver", Effect.D1, "deletes a driver"),
    (r"^wsl(?:\.exe)?\s+--unregister", Effect.D3, "deletes a distribution with all its files"),
    (r"^manage-bde\b.*\s-(?:off|protectors\s+-delete)", Effect.D5, "takes the encryption off"),
    (r"^subst\b.*/d\b", Effect.D5, "takes a drive's name away"),
    (r"^(?:auditpol)\b.*/(?:clear|remove|set\b.*:disable)", Effect.D5, "what is logged is no longer"),
    (r"^(?:sc(?:\.exe)?|nssm)\s+(?:delete|remove)\b", Effect.D5, "deletes a service"),
    (r"^shutdown(?:\.exe)?\b.*/[srhp]\b", Effect.D5, "takes the machine down"),
    (r"^netsh\b.*\b(?:delete|reset|off)\b", Effect.D5, "takes a network rule away"),
    (r"^takeown\b.*\s/r\b", Effect.D6, "takes all rights of a folder"),
    (r"^(?:wmic)\b.*\b(?:delete|uninstall)\b", Effect.D1, "deletes through WMI"),
    (r"^fsutil\s+usn\s+deletejournal", Effect.D5, "the journal of changes goes"),
    (r"^(?:fsutil)\s+file\s+setzerodata", Effect.D1, "overwrites a file"),
)  # fmt: skip
CMD_READS = re.compile(
    r"^(?:dir|type|echo|where|ver|systeminfo|tasklist|ipconfig|whoami|hostname|tree|findstr|fc|more"
    r"|vssadmin\s+list|wbadmin\s+get|reg\s+query|sc\s+query|schtasks\s+/query|net\s+(?:view|user|start|"
    r"localgroup|share|accounts|config)\s*\S*$|wmic\b.*\b(?:get|list)\b|quser|query|netstat|arp|nslookup|"
    r"wevtutil\s+(?:qe|el|gl)|driverquery|gpresult|set$|vol|cd$|date\s*/t|time\s*/t|getmac)\b",
    re.IGNORECASE,
)
_CUT = re.compile(r"\s*(?:&&|\|\||[&|\r\n])\s*")


@lru_cache(maxsize=8_192)
def judge_cmd(text: str) -> Judgement | None:
    """Return the effect of cmd's commands in a text; None where it holds none that is known.

    Of a longer text than is read only destruction is told: what stands beyond may be worse.
    """
    parts = [_cmd_line(line) for line in _CUT.split(text[:MAX_TEXT].strip())]
    found = [part for part in parts if part is not None]
    if not found or (all(p.effect is Effect.READ for p in found) and len(found) < len(parts)):
        return None
    if all(p.effect is Effect.READ for p in found) and not re.search(r"[\\/][A-Za-z?]|\.exe", text):
        return None
    worst = worst_of(found)
    return worst if worst.effect.destroys or len(text) <= MAX_TEXT else None


def _cmd_line(line: str) -> Judgement | None:
    line = re.sub(r"^@?(?:for\s+.*?\bdo\s+)?@?\(?\s*", "", line.strip(), flags=re.IGNORECASE)
    line = line.replace("^", "")
    inner = re.match(
        r"^(?:cmd(?:\.exe)?\s+/[ck]\s+|start\s+(?:/\w+\s+)*)\"?(.*)", line, re.IGNORECASE
    )
    line = inner[1] if inner else line
    line = re.sub(r"^\"?(?:[A-Za-z]:|%\w+%)?\\?(?:[\w ]+\\)*(\w+)\.exe\"?\s", r"\1 ", line)
    lowered = line.lower()
    if re.search(r"\s/\?(?:\s|$)", line):
        return Judgement(Effect.READ, ("asked for its help",), "cmd")
    if re.match(r"robocopy\b.*\s/l\b", lowered):
        return Judgement(Effect.READ, ("robocopy /L lists",), "cmd")
    for pattern, why in RECOVERY_ENDS:
        if re.search(pattern, lowered):
            if lowered.startswith("schtasks") and not (is_recovery(line) or "restore" in lowered):
                return _windows(Effect.D5, line, why)
            return _windows(Effect.D2, line, why, recovery=True)
    for pattern, effect, why in CMD_DESTROYS:
        if re.search(pattern, lowered) and _is_cmds(lowered, line):
            if effect is Effect.UNKNOWN:
                return unknown(f"cmd: {why}")
            takes = is_recovery(line) or bool(
                re.search(r"\.(?:bak|vhd|bac|bkf|wbcat|dsk)\b", lowered)
            )
            return _windows(Effect.D2 if takes else effect, line, why, recovery=takes)
    if CMD_READS.match(line):
        return Judgement(Effect.READ, (f"cmd: {line.split()[0]} reads",), "cmd")
    return None


def _is_cmds(lowered: str, line: str) -> bool:
    """Tell whether a line with a name that a Unix program may bear is cmd's."""
    if lowered.startswith(("rd", "rmdir", "del", "erase")):
        return bool(re.search(r"\s/[sqfaSQFA]\b|[A-Za-z]:\\|\\|%\w+%|\*\.", line))
    return True


_COPYING = re.compile(r"(?i)\b(?:vss|swprv|sdrsvc|wbengine)\b|backup|veeam|acronis")
"""Services that make shadow copies and backups."""


def _windows(effect: Effect, line: str, why: str, *, recovery: bool = False) -> Judgement:
    words = line.split()
    environment, basis = environment_in(line)
    wide = bool(
        re.search(r"(?i)[a-z]:\\(?:\s|$|\*|\"|users\\?$|windows)|%systemroot%|/all|\s/mir", line)
    )
    return Judgement(
        effect,
        (f"{' '.join(words[:3])[:80]}: {why}",),
        operation=" ".join(words[:2]).lower()[:60],
        target_id=words[-1][:120] if words else "",
        same_domain=True if recovery else None,
        environment=environment if effect.destroys else UNKNOWN,
        environment_basis=basis if effect.destroys else "",
        bypass=tuple(w for w in words if w.lower() in {"/q", "/quiet", "/f", "-force", "/y"}),
        bulk=Bulk.ALL if wide else Bulk.UNKNOWN,
    )


DESTROYING_VERBS = {
    "remove": Effect.D1, "clear": Effect.D1, "uninstall": Effect.D1, "unregister": Effect.D5,
    "disable": Effect.D5, "revoke": Effect.D6, "format": Effect.D1, "delete": Effect.D1,
    "reset": Effect.D4, "initialize": Effect.D1, "stop": Effect.WRITE, "suspend": Effect.WRITE,
    "dismount": Effect.WRITE, "restore": Effect.D4, "optimize": Effect.WRITE, "purge": Effect.D1,
    "erase": Effect.D1, "destroy": Effect.D1, "undo": Effect.WRITE, "block": Effect.D6,
    "deny": Effect.D6,
}  # fmt: skip
READING_VERBS = frozenset({"get", "select", "where", "sort", "measure", "test", "find", "show", "format",
                           "compare", "out", "write", "convertto", "convertfrom", "foreach", "group",
                           "resolve", "search", "read", "trace", "watch", "join", "split", "confirm"})  # fmt: skip
ALIASES = {
    "ri": "Remove-Item", "rm": "Remove-Item", "del": "Remove-Item", "erase": "Remove-Item",
    "rd": "Remove-Item", "rmdir": "Remove-Item", "clc": "Clear-Content", "cli": "Clear-Item",
    "gci": "Get-ChildItem", "dir": "Get-ChildItem", "ls": "Get-ChildItem", "gwmi": "Get-WmiObject",
    "gc": "Get-Content", "cat": "Get-Content", "type": "Get-Content", "iex": "Invoke-Expression",
    "iwr": "Invoke-WebRequest", "irm": "Invoke-RestMethod", "rwmi": "Remove-WmiObject",
    "select": "Select-Object", "where": "Where-Object", "?": "Where-Object", "%": "ForEach-Object",
    "echo": "Write-Output", "sc": "Set-Content", "ni": "New-Item",
}  # fmt: skip
NOT_DESTROYING = frozenset({"clear-host", "clear-variable", "remove-variable", "format-table",
                            "format-list", "format-wide", "format-hex", "remove-module",
                            "remove-psbreakpoint", "clear-history", "remove-pssession", "remove-job",
                            "remove-typedata", "format-custom"})  # fmt: skip
_CMDLET = re.compile(r"^[A-Za-z]+-[A-Za-z]\w+$")
_SURE = re.compile(
    r"(?:^|[|;\n(&{]\s*)(?:Remove|Clear|Get|Set|New|Stop|Start|Disable|Format|Invoke|Select|Where|Test|Out"
    r"|Write|Import|Export|Add|Move|Copy|Rename|Enable|Uninstall|Install|ForEach|Restart|Unregister"
    r"|Register|Delete|Expand|Compress|Restore|Reset|Initialize)-[A-Z]\w+(?![-\w])|\$env:|\[System\.|\[(?:IO|Microsoft)\.|^\s*iex\s|\bNew-Object\b"
    r"|^\s*(?:ri|rm|del|rd|clc|cli)\s+(?:-\w+\s+)*['\"]?[A-Za-z]:\\\S*.*\s-(?:r|rec|recurse|fo|force)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=8_192)
def judge_powershell(text: str, *, only_if_sure: bool = False) -> Judgement | None:
    """Return the effect of a PowerShell text.

    `only_if_sure`: None unless the text holds what only PowerShell has, a cmdlet or `$env:`.
    """
    if only_if_sure and not _SURE.search(text[:MAX_TEXT]):
        return None
    tree = Parser(_POWERSHELL).parse(text[:MAX_TEXT].encode("utf-8", "replace"))
    nodes = _nodes(tree.root_node)
    if len(nodes) > MAX_NODES:
        return unknown(f"PowerShell of {len(nodes)} commands is not read")
    parts = [_judge_node(node) for node in nodes]
    found = [part for part in parts if part is not None]
    if not found:
        return None if only_if_sure else unknown("PowerShell that nothing is known of")
    worst = worst_of(found)
    if len(text) > MAX_TEXT and not worst.effect.destroys:
        return (
            None if only_if_sure else unknown(f"PowerShell of {len(text)} characters is not read")
        )
    return worst


def _nodes(root: Node) -> list[Node]:
    found, todo = [], [root]
    while todo:
        node = todo.pop()
        if node.type in {"command", "invokation_expression", "invocation_expression"}:
            found.append(node)
        todo += node.children
    return found


def _judge_node(node: Node) -> Judgement | None:
    said = (node.text or b"").decode("utf-8", "replace").strip()
    pipeline = (node.parent.text or b"").decode("utf-8", "replace") if node.parent else said
    if node.type != "command":
        # What comes down the pipe into `{ $_.Delete() }` stands outside the block.
        return _judge_method(said, _whole(node) if said.startswith("$_") else pipeline)
    words = said.split()
    name = ALIASES.get(words[0].lower(), words[0]) if words else ""
    if not _CMDLET.match(name):
        return judge_cmd(said) or _other(name, said)
    return _judge_cmdlet(name, words, pipeline)


def _whole(node: Node) -> str:
    while node.parent is not None:
        node = node.parent
    return (node.text or b"").decode("utf-8", "replace")


_EMPTY = re.compile(r"(?i)\s(?:-Value\s+|-InputObject\s+)?(?:''|\"\"|\$null)\s*$")


def _judge_cmdlet(name: str, words: Sequence[str], pipeline: str) -> Judgement:
    verb, _, noun = name.lower().partition("-")
    line = " ".join([name, *words[1:]])
    if name.lower() == "invoke-expression":
        inner = re.search(r"['\"](.+)['\"]", line, re.DOTALL)
        found = judge_powershell(inner[1]) if inner else None
        return found or unknown("Invoke-Expression of a text that is made when it runs")
    if name.lower() in {"invoke-restmethod", "invoke-webrequest"}:
        method = re.search(r"(?i)-Method\s+['\"]?(\w+)", line)
        if method and method[1].upper() == "DELETE":
            return _windows(Effect.D1, line, "sends an HTTP DELETE")
        return unknown("an HTTP request by PowerShell") if method else Judgement(
            Effect.READ, ("an HTTP GET by PowerShell",), name
        )  # fmt: skip
    if re.search(r"(?i)\s-WhatIf\b", line):
        return Judgement(Effect.READ, (f"{name} says what it would do",), name)
    if name.lower() == "set-psreadlineoption" and re.search(r"(?i)\bSaveNothing\b", line):
        return _windows(Effect.D5, line, "no more commands are kept")
    if name.lower() in NOT_DESTROYING:
        return Judgement(Effect.WRITE, (f"{name} harms nothing that lasts",), name)
    recovery = is_recovery(pipeline) or bool(
        re.search(r"(?i)shadow|computerrestore|\bvss\b", pipeline)
    )
    effect = DESTROYING_VERBS.get(verb)
    if effect is not None and effect is not Effect.WRITE:
        if recovery:
            return _windows(Effect.D2, line, "takes recovery copies away", recovery=True)
        return _windows(effect, line, f"{verb} {noun} by its name")
    if name.lower() == "start-process" and (given := re.search(r"['\"](/c\s[^'\"]+)['\"]", line)):
        return judge_cmd(f"cmd {given[1]}") or unknown("Start-Process of a command")
    if name.lower() in {"set-content", "out-file"} and _EMPTY.search(line):
        return _windows(Effect.D1, line, "empties a file")
    if verb == "add" and re.search(r"(?i)\s-Exclusion\w+", line):
        return _windows(Effect.D5, line, "what it names is not guarded any more")
    if verb == "set" and (
        off := re.search(
            r"(?i)-Disable\w+\s+(?:\$true|1)\b|-StartupType\s+Disabled|-Enabled\s+\$?false", line
        )
    ):
        copies = bool(_COPYING.search(line))
        return _windows(Effect.D5, line, f"{off[0]} takes a guard off", recovery=copies)
    if verb in READING_VERBS or name.lower() in {"import-module", "set-location"}:
        return Judgement(Effect.READ, (f"{name} reads",), name)
    return Judgement(Effect.WRITE, (f"{name} makes or changes",), name)


def _judge_method(said: str, pipeline: str) -> Judgement | None:
    method = re.search(r"(?:\.|::)(\w+)\s*\(", said)
    if method and (
        method[1].lower() in {"delete", "deletefile", "remove", "clear", "removeall"}
        or (method[1].lower() == "writealltext" and re.search(r",\s*(?:''|\"\")\s*\)", said))
    ):
        recovery = is_recovery(pipeline)
        return _windows(
            Effect.D2 if recovery else Effect.D1, said, f"calls {method[1]}", recovery=recovery
        )
    return None


def _other(name: str, said: str) -> Judgement | None:
    if name.startswith(("$", "&", "(", ".")):
        return unknown("PowerShell runs what is made when it runs")
    return unknown(f"PowerShell runs {name[:60]}") if said else None
