"""Commands that run another command: which one, with what words.

`sudo`, `env`, `xargs`, `find -exec`, `ssh`, `docker exec`, `kubectl exec`, `sh -c`, `npx`, ...
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from analyzer.effects.shell.elsewhere import (
    ansible,
    container,
    kubectl,
    salt,
    ssh,
    valued_text,
)
from analyzer.effects.shell.finding import read_find
from analyzer.effects.shell.inner import Inner, after_options, inner_text
from analyzer.effects.shell.invocation import Invocation, Word

__all__ = ["SHELLS", "Inner", "inner_of"]

SHELLS = frozenset(
    {"sh", "bash", "zsh", "dash", "ksh", "ash", "mksh", "fish", "rbash", "csh", "tcsh"}
)


@dataclass(frozen=True, slots=True)
class _Prefix:
    """A command that takes options and then another command."""

    valued: frozenset[str] = frozenset()
    skip: int = 0
    """Words of its own before the command."""
    assigns: bool = False
    """`NAME=value` words may stand before the command."""


def _of(valued: str = "", skip: int = 0, *, assigns: bool = False) -> _Prefix:
    return _Prefix(frozenset(valued.split()), skip, assigns)


_Reader = Callable[[Invocation, Sequence[Word]], Inner | None]
PREFIXES: dict[str, _Prefix] = {
    "sudo": _of("-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir", assigns=True),
    "doas": _of("-u -C"), "gosu": _of(skip=1), "su-exec": _of(skip=1), "dzdo": _of("-u -g"),
    "env": _of("-u -C -S --unset --chdir", assigns=True), "nice": _of("-n --adjustment"),
    "ionice": _of("-c -n -p --class --classdata"), "chrt": _of(skip=1), "nohup": _of(),
    "time": _of("-f -o --format --output"), "timeout": _of("-s -k --signal --kill-after", 1),
    "gtimeout": _of("-s -k", 1), "stdbuf": _of("-i -o -e"), "setsid": _of(), "exec": _of("-a"),
    "command": _of(), "builtin": _of(), "unbuffer": _of(), "strace": _of("-e -o -p -s -f"),
    "ltrace": _of("-e -o"), "caffeinate": _of("-t -w"), "chroot": _of(skip=1), "busybox": _of(),
    "toybox": _of(), "proxychains": _of("-f"), "proxychains4": _of("-f"), "torsocks": _of(),
    "xvfb-run": _of("-n -s -e -f"), "watch": _of("-n -d --interval"), "unshare": _of(),
    "nsenter": _of("-t --target"), "systemd-run": _of("-p --property --unit -u --slice"),
    "npx": _of("-p --package"), "pnpx": _of(), "bunx": _of(), "uvx": _of("--from --with -p"),
    "dotenv": _of("-e -f"), "cross-env": _of(assigns=True), "faketime": _of(skip=1),
    "flock": _of("-w -E", 1), "catchsegv": _of(), "rlwrap": _of(), "winpty": _of(), "wsl": _of("-d -u"),
    "parallel": _of("-j -a --jobs -I -S"), "pssh": _of("-h -H -l -p -t -o -e -O"),
    "parallel-ssh": _of("-h -H -l -p -t -o -e -O"), "clush": _of("-w -g -x -f -u -l"), "pdsh": _of("-w -g -x -f -u -l"), "taskset": _of(skip=1), "numactl": _of(), "firejail": _of(),
    "arch": _of(), "doppler-run": _of(), "noglob": _of(), "nocorrect": _of(), "not": _of(),
    "ssh-agent": _of(), "dbus-run-session": _of(), "git-bash": _of(), "aws-okta": _of(skip=1),
    "hyperfine": _of("-w -r -n"), "entr": _of(), "pipx-run": _of(),
}  # fmt: skip
BY_SUBCOMMAND: dict[tuple[str, ...], _Prefix] = {
    ("pnpm", "dlx"): _of(), ("pnpm", "exec"): _of(), ("yarn", "dlx"): _of(), ("npm", "exec"): _of(),
    ("yarn", "exec"): _of(), ("bun", "x"): _of(), ("bundle", "exec"): _of(), ("poetry", "run"): _of(),
    ("pipenv", "run"): _of(), ("uv", "run"): _of("--with -p --python --extra --group --env-file"),
    ("pdm", "run"): _of(), ("hatch", "run"): _of(), ("pipx", "run"): _of("--spec"),
    ("conda", "run"): _of("-n -p"), ("rye", "run"): _of(), ("op", "run"): _of("--env-file"),
    ("doppler", "run"): _of("-p -c --project --config"), ("chamber", "exec"): _of(skip=1),
    ("aws-vault", "exec"): _of("-d --duration", 1), ("direnv", "exec"): _of(skip=1),
    ("railway", "run"): _of("-s -e --service --environment"), ("dotenvx", "run"): _of("-f"),
    ("infisical", "run"): _of("--env --path"), ("vercel", "env", "run"): _of("-e"),
    ("mise", "exec"): _of(skip=0), ("rbenv", "exec"): _of(), ("pyenv", "exec"): _of(),
    ("asdf", "exec"): _of(), ("nix", "run"): _of(), ("sops", "exec-env"): _of(skip=1),
    ("heroku", "run"): _of("-a --app -r --remote -s --size -e --env -x"),
    ("repo", "forall"): _of("-r -i -g -j"), ("gita", "shell"): _of(), ("lerna", "exec"): _of("--scope --concurrency"),
    ("mr", "run"): _of(), ("ddev", "exec"): _of(), ("lando", "ssh"): _of(), ("sail", "run"): _of(),
}  # fmt: skip
CONTAINERS = frozenset(
    {"docker", "podman", "nerdctl", "docker-compose", "podman-compose", "crictl"}
)


def inner_of(invocation: Invocation) -> Inner | None:
    """Return what a command runs; None where it runs no other."""
    words = invocation.words[1:]
    name = invocation.name
    special = _SPECIAL.get(name)
    if special is not None:
        return special(invocation, words)
    if name in CONTAINERS:
        return container(words)
    if name in SHELLS:
        return _shell(invocation, words)
    for parts, prefix in BY_SUBCOMMAND.items():
        if name == parts[0] and tuple(w.text for w in words[: len(parts) - 1]) == parts[1:]:
            return _prefixed(prefix, words[len(parts) - 1 :])
    prefix_of = PREFIXES.get(name)
    return _prefixed(prefix_of, words) if prefix_of else None


def _prefixed(prefix: _Prefix, words: Sequence[Word]) -> Inner:
    rest = after_options(words, prefix.valued)
    while prefix.assigns and rest and "=" in rest[0].text and not rest[0].text.startswith("-"):
        rest = after_options(rest[1:], prefix.valued)
    rest = rest[prefix.skip :]
    if prefix.skip:
        rest = after_options(rest, frozenset())
    if rest and " " in rest[0].text.strip():
        # `watch 'rm -f x'`, `parallel 'rm {}'`: a whole command line in one word.
        return Inner(text=" ".join(w.text for w in rest))
    return Inner(tuple(rest))


def _command(invocation: Invocation, words: Sequence[Word]) -> Inner:
    if words and words[0].text in {"-v", "-V"}:
        return Inner((Word("true"),))
    return _prefixed(PREFIXES["command"], words)


def _env(invocation: Invocation, words: Sequence[Word]) -> Inner:
    for place, word in enumerate(words):
        if word.text in {"-S", "--split-string"} and place + 1 < len(words):
            return Inner(text=" ".join(w.text for w in words[place + 1 :]))
        if word.text.startswith("-S"):
            return Inner(text=" ".join([word.text[2:], *(w.text for w in words[place + 1 :])]))
    inner = _prefixed(PREFIXES["env"], words)
    return inner if inner.words else Inner((Word("printenv"),))


def _shell(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    for place, word in enumerate(words):
        text = word.text
        if text in {"--version", "--help"}:
            return Inner((Word("true"),))
        if text.startswith(("-", "+")) and not text.startswith("--"):
            if "c" in text and text.startswith("-"):
                rest = [w for w in words[place + 1 :] if not w.text.startswith(("-", "+"))]
                return inner_text(rest[0]) if rest else None
            if "n" in text.lstrip("-") and len(text) == 2:
                return Inner((Word("true"),))
            if "s" in text:
                break
        elif not text.startswith("--"):
            if text.startswith("<("):
                return (
                    Inner(text=text[2:])
                    if word.known
                    else Inner(unreadable="a script that is made when it runs")
                )
            if text in {"/dev/stdin", "-"}:
                break
            return Inner(unreadable=f"what stands in the script {text!r} is not known")
    if invocation.stdin is not None:
        return Inner(text=invocation.stdin)
    if invocation.piped:
        return Inner(unreadable="a shell runs what comes down a pipe, which is not known")
    return None


def _eval(invocation: Invocation, words: Sequence[Word]) -> Inner:
    text = " ".join(word.text for word in words)
    if not all(word.known for word in words) and text.strip().startswith(("$", "`")):
        return Inner(unreadable="eval of a text that is made when it runs")
    return Inner(text=text)


def _source(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    if words and words[0].text.startswith("<("):
        if words[0].known:
            return Inner(text=words[0].text[2:])
        return Inner(unreadable="a script that is made when it runs")
    if words and words[0].text == "/dev/stdin" and invocation.stdin is not None:
        return Inner(text=invocation.stdin)
    return Inner(unreadable="what stands in the sourced file is not known")


def _su(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    for place, word in enumerate(words):
        if word.text in {"-c", "--command"} and place + 1 < len(words):
            return inner_text(words[place + 1])
        if word.text.startswith("--command="):
            return Inner(text=word.text.partition("=")[2])
    if invocation.name == "runuser" and any(w.text == "-u" for w in words):
        return _prefixed(_of("-u -g"), words)
    return Inner(text=invocation.stdin) if invocation.stdin is not None else None


def _xargs(invocation: Invocation, words: Sequence[Word]) -> Inner:
    valued = frozenset({"-I", "-n", "-P", "-L", "-d", "-E", "-s", "-a", "--max-args", "--max-procs",
                        "--delimiter", "--arg-file", "--replace"})  # fmt: skip
    rest = after_options(words, valued)
    if not rest:
        return Inner((Word("echo"),))
    if invocation.stdin is not None:
        known = [Word(part) for part in invocation.stdin.split()]
    else:
        known = [_found(invocation.hints)]
    mark = next((w.text for p, w in pairwise(words) if p.text in {"-I", "-i"}), "")
    if mark and any(mark in w.text for w in rest):
        first = known[0] if known else Word("")
        return Inner(tuple(
            Word(w.text.replace(mark, first.text), first.known) if mark in w.text else w for w in rest
        ))  # fmt: skip
    return Inner((*rest, *known))


def _found(hints: str) -> Word:
    """Return what a plain `find` before it in the pipe finds; what else comes nobody knows."""
    found = _FINDS.fullmatch(hints)
    if found is None:
        return Word("$xargs", known=False)
    return Word(f"{found['start']}/{found['name']}", glob=True)


_TEST = r"-(?:type|mtime|mmin|size|maxdepth|mindepth|newer|print0?)(?: [^-\s]\S*)?"
_FINDS = re.compile(
    rf"\s*find (?P<start>[^-\s(!$]\S*)(?: {_TEST})* -i?name (?P<name>[^\s$]+)(?: {_TEST})*\s*"
)


def _find(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    for place, word in enumerate(words):
        if word.text in {"-exec", "-execdir", "-ok", "-okdir"}:
            rest = []
            for following in words[place + 1 :]:
                if following.text in {";", "+"}:
                    break
                rest.append(following)
            found = read_find(words)
            start = found.starts[0].text if found.starts else "."
            given = found.wanted or (Word(f"{start}/*", glob=True),)
            return Inner(tuple(g for w in rest for g in (given if w.text == "{}" else (w,))))
    return None


def _project(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    """`yarn prisma ...`: a program of the project, where its name is one that is known."""
    for parts, prefix in BY_SUBCOMMAND.items():
        own = tuple(w.text for w in words[: len(parts) - 1])
        if invocation.name == parts[0] and own == parts[1:]:
            return _prefixed(prefix, words[len(parts) - 1 :])
    rest = words[1:] if words and words[0].text in {"run", "-s"} else words
    if rest and rest[0].text in PROJECT_PROGRAMS:
        return Inner(tuple(rest))
    return None


PROJECT_PROGRAMS = frozenset(
    """
    prisma drizzle-kit sequelize sequelize-cli typeorm knex rimraf wrangler vercel serverless sls
    cdk firebase supabase del-cli
    """.split()
)


def _fd(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    for place, word in enumerate(words):
        if word.text in {"-x", "-X", "--exec", "--exec-batch"}:
            return Inner((*words[place + 1 :], Word("./*", glob=True)))
    return None


def _trap(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    rest = after_options(words, frozenset())
    return Inner(text=rest[0].text) if rest and rest[0].text not in {"", "-"} else None


def _cmd(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    for place, word in enumerate(words):
        if word.text.lower() in {"/c", "/k", "//c", "-c"}:
            text = " ".join(w.text for w in words[place + 1 :])
            return Inner(text=text, language="cmd")
    return None


def _powershell(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    for place, word in enumerate(words):
        option = word.text.lower().lstrip("-/")
        if len(option) >= 1 and word.text[:1] in "-/" and "command".startswith(option):
            return Inner(text=" ".join(w.text for w in words[place + 1 :]), language="powershell")
        if word.text[:1] in "-/" and option in {"e", "ec", "enc", "encodedcommand", "encoded"}:
            return Inner(text=_decoded(words[place + 1 : place + 2]), language="powershell")
        if word.text[:1] in "-/" and "file".startswith(option) and option:
            return Inner(unreadable="what stands in the script is not known")
    rest = [w.text for w in words if not w.text.startswith("-")]
    if rest:
        return Inner(text=" ".join(w.text for w in words), language="powershell")
    if invocation.stdin is not None:
        return Inner(text=invocation.stdin, language="powershell")
    return Inner(unreadable="a shell runs what comes down a pipe") if invocation.piped else None


def _session(commands: frozenset[str], valued: frozenset[str]) -> _Reader:
    """Return a reader for programs that run a command in a session of their own: screen, tmux."""

    def read(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
        rest = after_options(words, valued)
        if commands:
            if not rest or rest[0].text not in commands:
                return None
            rest = after_options(rest[1:], valued)
        elif any(w.text == "-X" for w in words):
            return None  # tells a session that runs
        if not rest:
            return None
        return inner_text(rest[0]) if len(rest) == 1 and " " in rest[0].text else Inner(tuple(rest))

    return read


def _later(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    """Return what `at` runs later: what stands on its input."""
    return Inner(text=invocation.stdin) if invocation.stdin else None


def _decoded(words: Sequence[Word]) -> str:
    try:
        return base64.b64decode(words[0].text).decode("utf-16-le", "replace") if words else ""
    except (binascii.Error, ValueError):
        return ""


_SPECIAL: dict[str, _Reader] = {
    "command": _command, "env": _env, "eval": _eval, "source": _source, ".": _source, "su": _su,
    "runuser": _su, "xargs": _xargs, "gxargs": _xargs, "find": _find, "gfind": _find, "fd": _fd,
    "fdfind": _fd, "ssh": ssh, "autossh": ssh,
    "plink": ssh, "sshpass": lambda i, w: _prefixed(_of("-p -f -e"), w),
    "kubectl": kubectl, "oc": kubectl, "k": kubectl, "trap": _trap, "cmd": _cmd,
    "powershell": _powershell, "pwsh": _powershell,
    "ansible": ansible, "salt": salt, "yarn": _project, "pnpm": _project, "bun": _project,
    "screen": _session(frozenset(), frozenset("-S -dmS -DmS -LdmS -t -c -s -h -T -p -e -r -x".split())),
    "tmux": _session(
        frozenset("new new-session neww new-window split-window splitw run-shell run respawn-pane "
                  "respawn-window popup display-popup if-shell".split()),
        frozenset("-s -n -c -t -x -y -F -e -L -S -f -l -w -h".split()),
    ),
    "az": valued_text("--scripts", "--exec-command"),
    "at": _later, "batch": _later, "gcloud": valued_text("--command"),
    "script": valued_text("-c", "--command"), "fly": valued_text("-C", "--command"),
    "flyctl": valued_text("-C", "--command"),
}  # fmt: skip
