"""Clouds' and machines' own tools: `aws`, `kubectl`, `crontab`, `mkfs`, packages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.effects.clouds import judge_aws
from analyzer.effects.names import is_recovery
from analyzer.effects.places import environment_in
from analyzer.effects.ranks import unknown, worst_of
from analyzer.effects.shell.options import cut
from analyzer.effects.sql import judge_sql
from analyzer.effects.tools.context import Context, Tool
from analyzer.effects.tools.infrastructure import is_state, judge_state
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["MACHINE_TOOLS"]

AWS_VALUED = frozenset({"--profile", "--region", "--output", "--endpoint-url", "--query", "--color",
                        "--cli-read-timeout", "--cli-connect-timeout", "--ca-bundle"})  # fmt: skip


def _aws(context: Context) -> Judgement | None:
    texts = [w.text for w in context.command.words[1:]]
    arguments = cut(texts, AWS_VALUED)
    if len(arguments.words) < 2 or "help" in arguments.words[:3]:
        return Judgement(Effect.READ, ("aws says what there is",), "aws")
    service, operation = arguments.words[0], arguments.words[1]
    environment = " ".join(f"{k}={v}" for k, v in context.command.environment.items())
    parameters = f"{' '.join(texts)} {environment}"
    if service == "s3":
        return _s3(operation, arguments.words[2:], arguments.options, parameters)
    if service in {"configure", "sso", "login"}:
        return Judgement(Effect.WRITE, (f"aws {service}",), f"aws {service}")
    told = judge_aws(service, operation, parameters)
    if operation in RUNS_SQL and (sql := arguments.value(*SQL_OPTIONS)):
        return worst_of([told, judge_sql(sql)])
    return told


RUNS_SQL = frozenset(
    "execute-statement batch-execute-statement execute-sql start-query-execution query".split()
)
"""Operations of RDS Data, Redshift Data, Athena and Timestream that carry SQL."""
SQL_OPTIONS = ("--sql", "--sqls", "--query-string", "--statement", "--sql-statements")


def _s3(operation: str, paths: Sequence[str], options: frozenset[str], text: str) -> Judgement:
    name = f"aws.s3.{operation}"
    if "--dryrun" in options or operation in {"ls", "presign"}:
        return Judgement(Effect.READ, (f"{name} reads",), name)
    deletes = operation in {"rm", "rb"} or (operation == "sync" and "--delete" in options)
    goal = paths[-1] if paths else ""
    if is_state(goal, current=True):
        return judge_state(name, goal, gone=deletes)
    if not deletes:
        return Judgement(Effect.WRITE, (f"{name} copies objects",), name)
    recovery = is_recovery(goal)
    effect = Effect.D2 if recovery else Effect.D3 if operation == "rb" else Effect.D1
    environment, basis = environment_in(text)
    whole = "--recursive" in options or operation == "rb"
    return Judgement(
        effect, (f"{name} deletes {goal}",), name, target_type="objects", target_id=goal,
        same_domain=True if recovery else None, environment=environment, environment_basis=basis,
        bypass=("--force",) if "--force" in options else (), bulk=Bulk.ALL if whole else Bulk.ONE,
    )  # fmt: skip


_CRON_LINE = re.compile(r"(?:@\w+|(?:[\d*/,-]+\s+){5})([a-zA-Z/.][^'\"\n|]*)")
"""What a line of a crontab runs, behind its times."""


_DUMPS = re.compile(r"\b(?:pg_?dump|mysql_?dump|mariadb-dump|mongo_?dump|pg_basebackup)")
"""Programs that make copies, and are not called so."""


def _crontab(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-u"}))
    if arguments.has("-r"):
        return Judgement(
            Effect.D1, ("crontab -r deletes every scheduled job",), "crontab", bulk=Bulk.ALL
        )
    if arguments.has("-l"):
        return Judgement(Effect.READ, ("crontab lists jobs",), "crontab")
    if arguments.words[:1] == ("/dev/null",) or context.command.stdin == "":
        return Judgement(
            Effect.D1, ("crontab is replaced by nothing",), "crontab", bulk=Bulk.ALL
        )  # fmt: skip
    if re.search(r"\b(?:grep\s+-\w*v|sed\b.*/d)", context.command.hints):
        recovery = is_recovery(context.command.hints) or bool(_DUMPS.search(context.command.hints))
        return Judgement(
            Effect.D5 if recovery else Effect.D1, ("crontab is replaced without some of its jobs",),
            "crontab", same_domain=True if recovery else None,
        )  # fmt: skip
    given = f"{context.command.stdin or ''}\n{context.command.hints}"
    parts = [context.shell(line) for line in _CRON_LINE.findall(given)]
    return worst_of([Judgement(Effect.WRITE, ("crontab is replaced",), "crontab"), *parts])


_WATCHES = re.compile(
    r"auditd|firewalld|ufw|fail2ban|falco|crowdstrike|osqueryd|rsyslog|syslog|apparmor|wazuh|clamav"
    r"|sentinel|cbdaemon|iptables|nftables"
)
"""Services that guard a host, or write down what happens on it."""


def _systemctl(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-t", "-H", "-M", "-n"}))
    verb = arguments.words[0] if arguments.words else "list-units"
    units = " ".join(arguments.words[1:])
    if verb in {"stop", "disable", "mask", "kill"}:
        if is_recovery(units) or re.search(r"borg|snapper|timeshift|duplicati", units):
            return Judgement(Effect.D5, (f"systemctl {verb}: no more backups are made",),
                             f"systemctl {verb}", target_id=units, same_domain=True)  # fmt: skip
        if _WATCHES.search(units):
            return Judgement(Effect.D5, (f"systemctl {verb}: a guard is off",), f"systemctl {verb}",
                             target_id=units)  # fmt: skip
        return Judgement(Effect.WRITE, (f"systemctl {verb}: it can be started again",))
    if verb in {"list-units", "status", "show", "cat", "is-active", "is-enabled", "list-timers",
                "list-unit-files", "list-sockets", "list-jobs", "get-default", "is-failed",
                "service-watchdogs", "list-dependencies", "--version", "show-environment"}:  # fmt: skip
        return Judgement(Effect.READ, (f"systemctl {verb} reads",), f"systemctl {verb}")
    if verb in {"revert", "clean"}:
        return Judgement(
            Effect.D1, (f"systemctl {verb} deletes what units keep",), f"systemctl {verb}"
        )
    reached = units.removesuffix(".target") if verb == "isolate" else verb
    if reached in {"poweroff", "halt", "reboot", "emergency", "rescue"}:
        return Judgement(
            Effect.D5, (f"systemctl {verb} takes the machine down",), f"systemctl {verb}"
        )
    return Judgement(Effect.WRITE, (f"systemctl {verb}",), f"systemctl {verb}")


def _service(context: Context) -> Judgement | None:
    words = context.command.arguments
    if len(words) > 1 and words[1] in {"status", "--status-all"}:
        return Judgement(Effect.READ, ("service: asks",), "service")
    if len(words) > 1 and words[1] == "stop" and _WATCHES.search(words[0]):
        return Judgement(Effect.D5, (f"{words[0]} is stopped: a guard is off",), "service")
    if len(words) > 1 and words[1] == "stop" and is_recovery(words[0]):
        return Judgement(Effect.D5, ("no more backups are made",), "service", same_domain=True)
    return Judgement(Effect.WRITE, ("service: it can be started again",), "service")


KUBE_VALUED = frozenset({"-n", "--namespace", "--context", "--kubeconfig", "--cluster", "--user", "--as",
                         "-l", "--selector", "-f", "--filename", "-o", "--output", "-c", "-p",
                         "--patch", "--type", "--replicas", "-k", "--field-selector", "-s",
                         "--server", "--token", "--grace-period", "--timeout"})  # fmt: skip
KUBE_CONTAINERS = frozenset(
    """
    namespace namespaces ns project projects node nodes no cluster clusters crd
    customresourcedefinition customresourcedefinitions persistentvolumeclaim persistentvolumeclaims
    """.split()
)
KUBE_DATA = frozenset(
    "pvc pv persistentvolume persistentvolumes persistentvolumeclaim persistentvolumeclaims".split()
)
KUBE_ACCESS = frozenset(
    """
    secret secrets serviceaccount sa role roles rolebinding rolebindings clusterrole clusterrolebinding
    ingress ing svc service services certificate certificates configmap configmaps cm
    """.split()
)
KUBE_READS = frozenset(
    """
    get describe logs log top explain api-resources api-versions cluster-info version config diff
    events auth wait options completion plugin port-forward proxy kustomize whoami status
    """.split()
)


def _kubectl(context: Context) -> Judgement | None:
    texts = [w.text for w in context.command.words[1:]]
    arguments = cut(texts, KUBE_VALUED)
    words = arguments.words
    if not words or (words[0] in {"exec", "run", "rsh", "debug"} and "--" in texts):
        return None
    verb, rest = words[0], words[1:]
    line = " ".join(texts)
    if any(o.startswith("--dry-run") and o != "--dry-run=none" for o in arguments.options):
        return Judgement(Effect.READ, (f"kubectl {verb}: a dry run",), f"kubectl {verb}")
    environment, basis = environment_in(line)
    kinds = {k.lower() for w in rest[:1] for k in re.split(r"[,/]", w)}
    recovery = is_recovery(" ".join(rest)) or is_recovery(context.command.hints) or bool(
        re.search(r"volumesnapshot|velero|backup|snapshot|recurringjob|kasten|stash\.appscode", line, re.IGNORECASE)
    )  # fmt: skip
    bulk = Bulk.ALL if arguments.has("--all", "-A", "--all-namespaces") else Bulk.ONE
    found = _kube_effect(verb, kinds, rest, line, recovery=recovery)
    if found is None:
        return _kube_calm(verb, rest)
    effect, why = found
    takes_disk = bool(kinds & KUBE_DATA) or kinds & {"ns", "namespace", "namespaces"}
    reasons = [f"kubectl {verb} {' '.join(rest)[:120]}: {why}"]
    if takes_disk and verb == "delete":
        reasons.append("with reclaimPolicy Delete the disks go too, and the snapshots of a namespace "
                       "(Kubernetes docs, persistent volumes; external-snapshotter #133)")  # fmt: skip
    return Judgement(
        effect, tuple(reasons), operation=f"kubectl {verb}", target_type="/".join(sorted(kinds))[:60],
        target_id=_kube_names(rest), same_domain=True if recovery else None,
        environment=environment, environment_basis=basis, cascade="what it owns" if verb == "delete" else "",
        bypass=arguments.bypasses(("--force", "--now", "--grace-period=0", "--disable-eviction")), bulk=bulk,
    )  # fmt: skip


def _kube_names(rest: Sequence[str]) -> str:
    """Return the names of what is acted on, without its kind: `pvc a b`, `pvc/a pvc/b`."""
    named = rest if rest and "/" in rest[0] else rest[1:]
    return " ".join(word.rpartition("/")[2] for word in named)[:200]


def _kube_effect(
    verb: str, kinds: set[str], rest: Sequence[str], line: str, *, recovery: bool
) -> tuple[Effect, str] | None:
    if verb in {"delete", "del"}:
        if recovery:
            return Effect.D2, "recovery copies, or what makes them"
        if kinds & KUBE_CONTAINERS and not kinds & KUBE_DATA:
            return Effect.D3, "all in it goes too"
        return (Effect.D6, "access is cut") if kinds & KUBE_ACCESS else (Effect.D1, "is deleted")
    if verb == "replace" and "--force" in line:
        return Effect.D4, "deletes and makes anew"
    if verb == "scale" and re.search(r"--replicas[= ]0\b", line):
        return Effect.D5, "no copy is left running"
    if verb == "drain":
        return Effect.D3, "all pods leave the node"
    if verb in {"patch", "annotate", "label", "edit", "set"} and re.search(
        r'(?:suspend|paused?)"?\s*:\s*true', line
    ):
        return (Effect.D5, "is suspended") if recovery else None
    if verb == "patch" and recovery and re.search(r'(?i)(?:url|target|bucket)"?\s*:\s*""', line):
        return Effect.D5, "where copies go is taken away"
    if verb == "patch" and re.search(
        r"(?i)reclaimPolicy\"?:\s*\"?Delete|finalizers\"?:\s*(?:null|\[\])", line
    ):
        return Effect.D5, "what kept it is taken off"
    if verb == "patch" and re.search(r'"op"\s*:\s*"remove"', line):
        return Effect.D1, "takes a part of it away"
    if verb in {"adm", "policy"} and any(w.startswith("remove-") for w in rest[:2]):
        return Effect.D6, "access is taken away"
    if verb == "certificate" and rest[:1] == ("deny",):
        return Effect.D6, "access is refused"
    if verb == "set" and rest[:1] == ("env",) and any(re.fullmatch(r"\w+-", w) for w in rest[2:]):
        return Effect.D6, "takes a variable away"
    if verb == "apply" and "--prune" in line:
        return Effect.D1, "deletes what is not in the files"
    if verb == "replace" and "/finalize" in line:
        return Effect.D5, "what kept it is taken off"
    if verb in {"annotate", "label"} and "finalizers-" in line:
        return Effect.D5, "what kept it is taken off"
    if verb == "taint" and re.search(r":NoExecute\b(?!-)", line):
        return Effect.D5, "pods that do not bear it are evicted"
    if verb == "rollout" and tuple(rest[:1]) == ("undo",):
        return Effect.D4, "goes back to an earlier version"
    if verb == "config" and any(w.startswith(("delete-", "unset")) for w in rest[:1]):
        return Effect.D6, "takes a context or user away"
    if verb in {"adm", "oadm"} and "prune" in rest[:1]:
        return (Effect.D1, "prunes") if "--confirm" in line or "prune" not in rest[:1] else None
    return None


def _kube_calm(verb: str, rest: Sequence[str]) -> Judgement:
    if verb in KUBE_READS or (verb == "rollout" and rest[:1] in (("status",), ("history",))):
        return Judgement(Effect.READ, (f"kubectl {verb} reads",), f"kubectl {verb}")
    if verb in {"apply", "create", "patch", "edit", "label", "annotate", "scale", "expose", "set", "run",
                "rollout", "cp", "attach", "autoscale", "cordon", "uncordon", "taint", "replace", "adm",
                "certificate", "new-app", "new-project", "login", "start-build"}:  # fmt: skip
        return Judgement(Effect.WRITE, (f"kubectl {verb} makes or changes",), f"kubectl {verb}")
    if any(w in {"delete", "destroy", "purge", "remove", "uninstall"} for w in rest[:3]):
        return Judgement(
            Effect.D3, (f"kubectl's plugin {verb} is told to delete",), f"kubectl {verb}"
        )
    return unknown(f"kubectl {verb} is not known", f"kubectl {verb}")


def _mkfs(context: Context) -> Judgement | None:
    target = context.command.arguments[-1] if context.command.arguments else ""
    recovery = is_recovery(target)
    return Judgement(Effect.D2 if recovery else Effect.D1,
                     (f"{context.command.name} makes a new file system over {target}",), "mkfs",
                     same_domain=True if recovery else None, target_type="device", target_id=target, irreversible=True, bulk=Bulk.ALL)  # fmt: skip


def _iptables(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-t", "--table"}))
    if arguments.has("-F", "--flush", "-X", "-D", "--delete", "-Z", "--delete-chain"):
        return Judgement(Effect.D5, ("firewall rules go",), context.command.name, bulk=Bulk.ALL)
    if arguments.has("-L", "-S", "--list", "--list-rules"):
        return Judgement(Effect.READ, ("firewall rules are listed",), context.command.name)
    return Judgement(Effect.WRITE, ("a firewall rule is set",), context.command.name)


def _down(context: Context) -> Judgement | None:
    name, arguments = context.command.name, cut(context.command.arguments)
    if name in {"init", "telinit"} and arguments.words[:1] not in {("0",), ("6",), ("1",), ("s",)}:
        return Judgement(Effect.WRITE, (f"{name} changes the runlevel",), name)
    if name == "shutdown" and arguments.has("-c"):
        return Judgement(Effect.WRITE, ("shutdown -c calls it off",), name)
    return Judgement(Effect.D5, (f"{name} takes the machine down",), name)


def _zfs(context: Context) -> Judgement | None:
    arguments = cut(context.command.arguments, frozenset({"-o", "-t"}))
    words = arguments.words
    verb = words[0] if words else "list"
    if arguments.has("-n") and verb == "destroy":
        return Judgement(Effect.READ, ("zfs destroy -n: a dry run",), "zfs destroy")
    piped = any(not w.known for w in context.command.words[1:])
    snapshot = any("@" in w or "%" in w for w in words[1:]) or (
        piped and is_recovery(context.command.hints)
    )
    if verb in {"set", "inherit"} and any(
        re.search(r"(?:auto-?snapshot|snapdir|backup)\S*=(?:false|off|no)", w) for w in words[1:2]
    ):  # fmt: skip
        return Judgement(Effect.D5, ("zfs set: snapshots are made no more",), "zfs set",
                         target_id=words[-1], same_domain=True)  # fmt: skip
    if verb in {"destroy", "labelclear"}:
        effect = Effect.D2 if snapshot else Effect.D1
        takes = snapshot or (arguments.has("-r", "-R") and context.command.name == "zfs") or (verb == "destroy" and (
            context.command.name == "zpool"))  # fmt: skip
        return Judgement(
            effect, (f"{context.command.name} destroy {words[-1]}",), f"{context.command.name} destroy",
            target_id=words[-1], same_domain=True if takes else None, irreversible=True,
            cascade="snapshots" if takes and not snapshot else "", bypass=arguments.bypasses(("-f",)),
        )  # fmt: skip
    if verb == "rollback":
        takes = arguments.has("-r", "-R")
        return Judgement(Effect.D4, ("zfs rollback drops what came later",), "zfs rollback",
                         same_domain=True if takes else None)  # fmt: skip
    if context.command.name == "zpool" and verb in {"remove", "detach"}:
        return Judgement(Effect.D5, (f"zpool {verb} takes a device out of the pool",), f"zpool {verb}",
                         target_id=words[-1])  # fmt: skip
    if verb in {"list", "get", "diff", "status", "history", "iostat", "holds", "scrub"}:
        return Judgement(Effect.READ, (f"{context.command.name} {verb}",), f"zfs {verb}")
    return Judgement(Effect.WRITE, (f"{context.command.name} {verb}",), f"zfs {verb}")


MACHINE_TOOLS: dict[str, Tool] = {
    "aws": _aws, "awslocal": _aws, "crontab": _crontab, "systemctl": _systemctl, "service": _service,
    **dict.fromkeys(("kubectl", "oc", "k", "kubecolor", "microk8s.kubectl"), _kubectl),
    **dict.fromkeys(("mkfs", "mkfs.ext4", "mkfs.ext3", "mkfs.ext2", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat",
                     "mkfs.ntfs", "mkfs.fat", "mkfs.f2fs", "mkfs.exfat", "newfs", "mkdosfs", "mkntfs",
                     "format"), _mkfs),
    **dict.fromkeys(("iptables", "ip6tables", "ebtables"), _iptables),
    "zfs": _zfs, "zpool": _zfs,
    **dict.fromkeys(("shutdown", "reboot", "halt", "poweroff", "init", "telinit"), _down),
}  # fmt: skip
