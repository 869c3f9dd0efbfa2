"""Commands that run another command elsewhere: on a host, in a container, in a pod."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from analyzer.effects.shell.inner import Inner, after_options
from analyzer.effects.shell.invocation import Invocation, Word

__all__ = ["ansible", "container", "kubectl", "salt", "ssh", "valued_text"]

CONTAINER_VALUED = frozenset(
    """
    -e -u -w --env --user --workdir --env-file -v --volume --name -p --publish --network --net
    --mount --entrypoint -h --hostname --platform -l --label --memory -m --cpus --detach-keys -H
    --context -f --file --profile --project-name --index --shm-size --gpus --add-host --cap-add
    """.split()
)
KUBECTL_VALUED = frozenset(
    """
    -n --namespace -c --container --context --kubeconfig --cluster --user --as -f --filename -l
    """.split()
)
SSH_VALUED = frozenset("-p -i -l -o -F -J -L -R -D -W -b -c -m -E -S -Q -w -B -e".split())


def ssh(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    """Return what runs on the host that `ssh` goes to."""
    valued = SSH_VALUED | {"-M"} if invocation.name == "autossh" else SSH_VALUED
    rest = after_options(words, valued)
    if not rest:
        return None
    host, command = rest[0].text, after_options(rest[1:], valued)
    if not command:
        if invocation.stdin is not None:
            return Inner(text=invocation.stdin, elsewhere=host)
        return (
            Inner(unreadable=f"a shell on {host}") if invocation.piped else Inner((Word("true"),))
        )
    return Inner(text=" ".join(w.text for w in command), elsewhere=host)


def container(words: Sequence[Word]) -> Inner | None:
    """Return what runs in a container."""
    rest = list(after_options(words, CONTAINER_VALUED))
    while rest and rest[0].text in {"compose", "container"}:
        rest = list(after_options(rest[1:], CONTAINER_VALUED))
    if not rest or rest[0].text not in {"exec", "run"}:
        return None
    entry = next((w.text.partition("=")[2] for w in rest if w.text.startswith("--entrypoint=")), "")
    after = after_options(rest[1:], CONTAINER_VALUED)
    if not after:
        return None
    command = tuple(after[1:])
    if entry:
        command = (Word(entry), *command)
    if not command:
        return Inner((Word("true"),), elsewhere=after[0].text) if rest[0].text == "exec" else None
    return Inner(command, elsewhere=after[0].text)


def kubectl(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    """Return what runs in a pod."""
    rest = after_options(words, KUBECTL_VALUED)
    if not rest or rest[0].text not in {"exec", "run", "debug", "rsh"}:
        return None
    place = next((n for n, w in enumerate(rest) if w.text == "--"), -1)
    target = next((w.text for w in after_options(rest[1:], KUBECTL_VALUED)), "")
    if place >= 0:
        return Inner(tuple(rest[place + 1 :]), elsewhere=target)
    if rest[0].text in {"exec", "rsh"}:
        after = after_options(rest[1:], KUBECTL_VALUED)[1:]
        after = after_options(after, KUBECTL_VALUED)
        return Inner(tuple(after) or (Word("true"),), elsewhere=target)
    return None


def ansible(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    """Return what an ad-hoc command of Ansible runs on its hosts."""
    module = next(
        (n.text for p, n in pairwise(words) if p.text in {"-m", "--module-name"}), "command"
    ).rpartition(".")[2]
    given = next((n.text for p, n in pairwise(words) if p.text in {"-a", "--args"}), "")
    if module in {"command", "shell", "raw", "script"}:
        return Inner(text=given, elsewhere="other hosts") if given else None
    if "state=absent" in given:
        named = (p.partition("=")[2] for p in given.split() if p.startswith(("path=", "name=")))
        words = (Word("rm"), Word("-rf"), Word(next(named, "")))
        return Inner(tuple(words), elsewhere="other hosts")
    return Inner((Word("true"),)) if module in {"ping", "setup", "debug"} else None


def salt(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
    """Return what Salt runs on its minions."""
    place = next((n for n, w in enumerate(words) if w.text in {"cmd.run", "cmd.shell"}), -1)
    if 0 <= place < len(words) - 1:
        return Inner(text=words[place + 1].text, elsewhere="other hosts")
    return None


def valued_text(*options: str) -> Callable[[Invocation, Sequence[Word]], Inner | None]:
    """Return a reader for commands whose option holds the command line of another host."""

    def read(invocation: Invocation, words: Sequence[Word]) -> Inner | None:
        for place, word in enumerate(words):
            name, is_assigned, value = word.text.partition("=")
            if name in options and is_assigned:
                return Inner(text=value, elsewhere="another host")
            if word.text in options and place + 1 < len(words):
                return Inner(text=words[place + 1].text, elsewhere="another host")
        return None

    return read
