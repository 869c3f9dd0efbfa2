"""Programs given on the command line: `python -c`, `node -e`, `ruby -e`, `perl -e`, `php -r`."""

from __future__ import annotations

from collections.abc import Callable
from shlex import join

from analyzer.effects.javascript_programs import judge_javascript
from analyzer.effects.names import Sense, sense_of, words_in
from analyzer.effects.other_programs import judge_other
from analyzer.effects.places import Place
from analyzer.effects.python_programs import judge_python
from analyzer.effects.ranks import unknown
from analyzer.effects.shell.options import Arguments, cut
from analyzer.effects.sql import judge_sql
from analyzer.effects.tools.context import Context, Tool
from analyzer.model import Effect, Judgement

__all__ = ["SCRIPT_TOOLS"]

Read = Callable[[str, Place, Callable[[str], Judgement]], Judgement]


def _other(language: str) -> Read:
    def read(source: str, place: Place, shell: Callable[[str], Judgement]) -> Judgement:
        return judge_other(source, place, shell, language)

    return read


def _interpreter(flags: str, read: Read) -> Tool:
    """Return a judge for an interpreter that takes a program by one of these flags."""
    wanted = tuple(flags.split())

    def judge(context: Context) -> Judgement | None:
        words = context.command.words[1:]
        for place, word in enumerate(words):
            text = word.text
            letters = text.startswith("-") and not text.startswith("--") and text[-1:] in {
                f[-1] for f in wanted if len(f) == 2
            }  # fmt: skip
            if (text in wanted or letters) and place + 1 < len(words):
                return read(words[place + 1].text, context.place, context.shell)
            glued = next(
                (f for f in wanted if len(f) == 2 and text.startswith(f) and len(text) > 4), ""
            )
            if glued:
                return read(text[2:], context.place, context.shell)
            if text == "-m" and place + 1 < len(words):
                return _module(context, words[place + 1].text, [w.text for w in words[place + 2 :]])
            if text in {"-", "/dev/stdin"}:
                break
            if not text.startswith("-"):
                return _script(context, text, [w.text for w in words[place + 1 :]])
        if context.command.stdin is not None:
            return read(context.command.stdin, context.place, context.shell)
        if context.command.piped:
            return unknown(
                f"{context.command.name} runs what comes down a pipe, which is not known"
            )
        return Judgement(Effect.READ, (f"{context.command.name} waits for statements",))

    return judge


def _module(context: Context, module: str, rest: list[str]) -> Judgement:
    return context.shell(join([module, *rest]))


DJANGO = {
    "flush": (Effect.D1, "empties every table"), "reset_db": (Effect.D3, "drops the database"),
    "sqlflush": (Effect.READ, "prints SQL"), "clearsessions": (Effect.WRITE, "drops old sessions"),
    "delete_user": (Effect.D6, "deletes a user"), "reset_schema": (Effect.D1, "drops the schema"),
    "remove_stale_contenttypes": (Effect.D1, "deletes rows"), "clear_cache": (Effect.WRITE, "a cache"),
    "truncate": (Effect.D1, "empties tables"), "db:wipe": (Effect.D1, "drops every table"),
    "migrate:fresh": (Effect.D1, "drops every table"), "migrate:refresh": (Effect.D1, "rolls all back"),
    "migrate:reset": (Effect.D1, "rolls all back"), "migrate:rollback": (Effect.D1, "rolls back"),
    "doctrine:database:drop": (Effect.D3, "drops the database"), "drop": (Effect.D1, "drops"),
    "doctrine:schema:drop": (Effect.D1, "drops the schema"), "dropdb": (Effect.D3, "drops a database"),
    "backup:clean": (Effect.D2, "deletes backups"), "queue:flush": (Effect.D1, "deletes failed jobs"),
    "queue:clear": (Effect.D1, "deletes jobs"), "telescope:clear": (Effect.D1, "deletes entries"),
    "backup:delete": (Effect.D2, "deletes backups"), "zero": (Effect.D1, "rolls all back"),
}  # fmt: skip
"""Commands of `manage.py`, `artisan`, `bin/console` that destroy (their documentation)."""


FRAMEWORK_READS = frozenset(
    """
    showmigrations check diffsettings sqlmigrate inspectdb findstatic show_urls
    migrate:status route:list about db:show db:table model:show schedule:list config:show event:list
    debug:router debug:container doctrine:schema:validate doctrine:migrations:status
    """.split()
)
"""Commands of the same that only show."""


FRAMEWORKS = frozenset(
    {"manage.py", "artisan", "console", "magento", "spark", "yii", "occ", "drush"}
)
"""Scripts that frameworks bring along: their commands are named for what they do."""
MADE_AGAIN = frozenset({"cache", "caches", "config", "view", "views", "route", "routes", "optimize", "event",
                        "compiled", "session", "sessions", "pyc", "static", "assets"})  # fmt: skip


def _console(arguments: Arguments) -> str:
    """Return the program that a framework's console is given: `shell -c`, `tinker --execute`."""
    if arguments.words[:1] == ("shell",) or arguments.words[:1] == ("shell_plus",):
        return arguments.value("-c", "--command")
    return arguments.value("--execute") if arguments.words[:1] == ("tinker",) else ""


def _rails(context: Context) -> Judgement | None:
    words = [word.text for word in context.command.words[1:]]
    code = next((w for w in words[1:] if not w.startswith("-")), "")
    if words[:1] in (["console"], ["c"]) and context.command.stdin:
        return judge_other(context.command.stdin, context.place, context.shell, "Ruby")
    if words[:1] in (["runner"], ["r"]) and code and not code.endswith(".rb"):
        return judge_other(code, context.place, context.shell, "Ruby")
    return None


def _script(context: Context, script: str, rest: list[str]) -> Judgement:
    """Judge the run of a script file: what it does is not known, unless it is a well-known one."""
    arguments = cut(rest)
    if arguments.words[:1] == ("dbshell",) and (statement := cut(arguments.words[1:]).value("-c")):
        return judge_sql(statement)
    code = _console(arguments)
    if not code and arguments.words[:1] in {("shell",), ("shell_plus",), ("tinker",)}:
        code = context.command.stdin or ""
    if code:
        read = judge_python if script.endswith(".py") else _other("PHP")
        return read(code, context.place, context.shell)
    if arguments.words and arguments.words[0] in FRAMEWORK_READS:
        return Judgement(Effect.READ, (f"{script} {arguments.words[0]} shows",), script)
    known = next((w for w in arguments.words[:2] if w in DJANGO), "")
    if known or (arguments.words[:1] == ("migrate",) and "zero" in arguments.words):
        effect, why = DJANGO[known or "zero"]
        return Judgement(
            effect, (f"{script} {known}: {why}",), f"{script} {known}".strip(),
            same_domain=True if effect is Effect.D2 else None,
            bypass=arguments.bypasses(("--noinput", "--no-input", "--no-interaction", "-n")),
        )  # fmt: skip
    if script.endswith("rake") or script in {"rails", "bin/rails"}:
        return context.shell(" ".join(["rails", *rest]))
    if arguments.words[:1] == ("doctrine:schema:update",) and arguments.has("--force"):
        # Without --complete it leaves tables alone that it does not know, and drops columns.
        return Judgement(Effect.D4, (f"{script} doctrine:schema:update drops what no class has",),
                         f"{script} doctrine:schema:update", bypass=("--force",))  # fmt: skip
    verbs = [p for w in arguments.words[:1] for p in words_in(w)]
    framework = script.rpartition("/")[2] in FRAMEWORKS and not MADE_AGAIN & set(verbs)
    if framework and any(sense_of(verb) is Sense.DESTROYS for verb in verbs):
        named = f"{script} {arguments.words[0]}"
        return Judgement(Effect.D1, (f"{named} destroys by its name, in no catalogue",), named)
    if verbs and sense_of(verbs[0]) is Sense.DESTROYS and "/" not in arguments.words[0]:
        return unknown(
            f"{script} {arguments.words[0]} may take something away; it is not read", script
        )
    return unknown(f"what stands in {script[:80]} is not known", script)


def _own_script(context: Context) -> Judgement | None:
    """Judge a framework's script that is run by its own name: `./manage.py flush`."""
    found = _script(context, context.command.name, list(context.command.arguments))
    return None if found.effect is Effect.UNKNOWN else found


def _bun(context: Context) -> Judgement | None:
    """Judge `bun -e`; what else it does is a project's."""
    if not {"-e", "--eval", "-p"} & set(context.command.arguments):
        return None
    return NODE(context)


def _flask(context: Context) -> Judgement | None:
    """Judge what `flask shell` is given on its input."""
    if context.command.arguments[:1] == ("shell",) and context.command.stdin:
        return judge_python(context.command.stdin, context.place, context.shell)
    return None


def _r(context: Context) -> Judgement | None:
    """Judge `R -e`; the words after `R CMD` are in the catalogue."""
    return None if context.command.arguments[:1] == ("CMD",) else _R(context)


def _deno(context: Context) -> Judgement | None:
    """Judge `deno eval`; of its other words the verbs tell."""
    words = [w for w in context.command.arguments if not w.startswith("-")]
    if words[:1] and words[0] in {
        "uninstall",
        "remove",
        "clean",
        "install",
        "add",
        "cache",
        "upgrade",
    }:
        return None
    return _DENO(context)


_R = _interpreter("-e", _other("R"))
_DENO = _interpreter("eval -e", judge_javascript)
PYTHON = _interpreter("-c", judge_python)
NODE = _interpreter("-e --eval -p --print", judge_javascript)
SCRIPT_TOOLS: dict[str, Tool] = {
    **dict.fromkeys(("python", "python2", "python3", "python3.10", "python3.11", "python3.12",
                     "python3.13", "python3.14", "pypy", "pypy3", "ipython", "py"), PYTHON),
    **dict.fromkeys(("node", "nodejs", "tsx", "ts-node"), NODE),
    "deno": _deno,
    "ruby": _interpreter("-e", _other("Ruby")), "perl": _interpreter("-e -E", _other("Perl")),
    "php": _interpreter("-r", _other("PHP")), "lua": _interpreter("-e", _other("Lua")),
    "r": _r, "littler": _interpreter("-e", _other("R")),
    "bun": _bun, "rscript": _interpreter("-e", _other("R")), "elixir": _interpreter("-e", _other("Elixir")),
    "groovy": _interpreter("-e", _other("Groovy")), "scala": _interpreter("-e", _other("Scala")),
    "irb": _interpreter("-e", _other("Ruby")), "osascript": _interpreter("-e", _other("AppleScript")),
    "rails": _rails, "flask": _flask,
    **dict.fromkeys(("manage.py", "artisan", "console"), _own_script),
    "julia": _interpreter("-e", _other("Julia")),
}  # fmt: skip
