"""Whether a shell command asks for what a request did.

Knows how the clouds' command lines spell operations, not what they do. A command that runs a
program of which nothing is known asks for nothing, as far as can be told here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Asked", "asks_for"]

SERVICES = {
    "monitoring": "cloudwatch", "states": "stepfunctions", "email": "ses", "s3": "s3api",
    "elasticloadbalancing": "elbv2", "elasticmapreduce": "emr", "streams.dynamodb": "dynamodb",
    "route53domains": "route53", "tagging": "resourcegroupstaggingapi",
}  # fmt: skip
"""CloudTrail's name of a service -> the AWS CLI's, where they differ."""
S3_COMMANDS = {
    "rm": {"DeleteObject", "DeleteObjects", "ListObjects", "ListObjectsV2"},
    "rb": {"DeleteBucket", "DeleteObject", "DeleteObjects", "ListObjectsV2"},
    "mb": {"CreateBucket"},
    "ls": {"ListBuckets", "ListObjects", "ListObjectsV2"},
    "cp": {"PutObject", "GetObject", "HeadObject", "CopyObject", "ListObjectsV2"},
    "mv": {"PutObject", "GetObject", "HeadObject", "CopyObject", "DeleteObject", "ListObjectsV2"},
    "sync": {"PutObject", "GetObject", "CopyObject", "DeleteObject", "ListObjectsV2"},
}
"""`aws s3` command -> API operations that it makes."""
KUBECTL_VERBS = {
    "get": {"get", "list", "watch"}, "describe": {"get", "list"}, "logs": {"get"},
    "delete": {"delete", "deletecollection", "get"}, "apply": {"patch", "create", "get"},
    "create": {"create"}, "patch": {"patch", "get"}, "edit": {"patch", "get"},
    "replace": {"update", "get", "delete", "create"}, "scale": {"patch", "update", "get"},
    "exec": {"create", "get"}, "label": {"patch", "get"}, "annotate": {"patch", "get"},
    "drain": {"create", "patch", "get", "list", "delete"}, "cordon": {"patch", "get"},
    "rollout": {"patch", "get", "list", "watch"}, "run": {"create"}, "expose": {"create", "get"},
}  # fmt: skip
SAME_WORDS = {"destroy": "delete", "remove": "delete", "insert": "create", "add": "create"}
"""Words of logs -> words of command lines."""
SHORTEST = 6
"""Letters of an operation's name that may be looked for anywhere in a command."""
_WORDS = re.compile(r"[A-Za-z][a-z0-9]*|[A-Z]+(?![a-z])|\d+")
_NO_LETTER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asked for, in the words of the log that tells of it."""

    log: str
    """`aws.cloudtrail`, ...; empty for a request on the wire."""
    service: str
    operation: str
    method: str
    path: str
    host: str
    target: str = ""
    """Name of the resource."""


def asks_for(command: str, asked: Asked) -> str:
    """Return by what a command is held to ask for it: `operation`, `URL`, ...; or nothing."""
    if by_url := _url(command, asked):
        return by_url
    match asked.log:
        case "aws.cloudtrail":
            return "operation" if _aws(command, asked) else ""
        case "kubernetes.audit":
            return "verb and resource" if _kubectl(command, asked) else ""
        case "gcp.audit":
            return "operation" if _gcloud(command, asked) else ""
        case "github.audit":
            return "operation" if _github(command, asked) else ""
        case _:
            return ""


def _aws(command: str, asked: Asked) -> bool:
    if asked.service == "s3":
        found = re.search(r"\baws\b[^|;&\n]{0,200}?\bs3\s+(\w+)", command)
        if found and asked.operation in S3_COMMANDS.get(found[1], ()):
            return True
    squeezed, operation = _squeezed(command), _squeezed(asked.operation)
    if len(operation) < SHORTEST or operation not in squeezed:
        return False
    service = _squeezed(asked.service)
    return service in squeezed or _squeezed(SERVICES.get(asked.service, service)) in squeezed


def _kubectl(command: str, asked: Asked) -> bool:
    verb, _, resource = asked.operation.partition(" ")
    called = re.search(r"\bkubectl\b([^|;&\n]{0,2000})", command)
    if called is None:
        return False
    words = called[1].split()
    spoken = next((word for word in words if word in KUBECTL_VERBS), "")
    if verb not in KUBECTL_VERBS.get(spoken, ()):
        return False
    name = resource.partition("/")[0]
    kinds = {part for word in words for part in re.split(r"[,/]", word.lower())}
    return bool(
        {name, name.removesuffix("s"), name.removesuffix("es")} & kinds
        or (asked.target and asked.target in command)
        or spoken in {"apply", "create", "replace", "exec", "logs"}
    )


def _gcloud(command: str, asked: Asked) -> bool:
    called = re.search(r"\b(?:gcloud|gsutil|bq)\b([^|;&\n]{0,2000})", command)
    if called is None:
        return False
    spoken = {_singular(word) for word in _NO_LETTER.split(called[1].lower()) if word}
    last = asked.operation.rpartition(".")[2]
    if last.islower() and "." in asked.operation:
        last = ".".join(asked.operation.split(".")[-2:])
    return all(_singular(word) in spoken for word in _words(last))


def _github(command: str, asked: Asked) -> bool:
    spoken = {_singular(word) for word in _NO_LETTER.split(command.lower()) if word}
    if not spoken & {"gh", "git", "curl"}:
        return False
    return all(_singular(word) in spoken for word in _words(asked.operation))


def _url(command: str, asked: Asked) -> str:
    """Compare with a URL in the command: method and path must agree, the host may be a proxy's."""
    path = asked.path.rstrip("/")
    if not path or not asked.method or not re.search(re.escape(path) + r"(?![\w/.-])", command):
        return ""
    if asked.method not in _methods(command):
        return ""
    return "URL" if asked.host and asked.host.partition(":")[0] in command else "method and path"


def _methods(command: str) -> set[str]:
    """Return the HTTP methods that a command may use: those it names, else what its data imply."""
    named = re.findall(r"(?:-X\s*|--request[\s=]+|--method[\s=]+)[\"']?([A-Za-z]{3,7})\b", command)
    if named:
        return {method.upper() for method in named} | _plain_methods(command, len(named))
    called = {word.upper() for word in re.findall(r"\.(get|post|put|patch|delete)\(", command)}
    return called or _plain_methods(command, 0)


def _plain_methods(command: str, named: int) -> set[str]:
    if len(re.findall(r"https?://", command)) <= named:
        return set()
    has_data = re.search(r"(?:^|\s)(?:-d|--data\S*|-F|--form|--json)\b", command)
    return {"POST", "GET"} if has_data else {"GET", "HEAD"}


def _words(operation: str) -> list[str]:
    words = [word.lower() for word in _WORDS.findall(operation.replace("_", "."))]
    return [SAME_WORDS.get(word, word) for word in words]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _squeezed(text: str) -> str:
    return _NO_LETTER.sub("", text.lower())
