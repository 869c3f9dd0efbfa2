"""Aider's histories, as aider 0.86 writes them."""

from __future__ import annotations

from recorder import semconv
from recorder.model import Kind, Record, Status
from recorder.transcripts import aider
from tests.recorder.transcripts import counting

CHAT = """
# aider chat started at 2025-01-31 10:00:00

> Aider v0.86.2
> Main model: gpt-4o with diff edit format
> Git repo: .git with 10 files

#### make the tests pass
#### and tell me why

I change the function so that it adds.

> Tokens: 2.3k sent, 1,200 received. Cost: $0.01 message, $0.02 session.
> Applied edit to src/add.py
> Commit 1a2b3c4 fix: add instead of subtracting
> pytest -q
> Run shell command? (Y)es/(N)o/(D)on't ask again [Yes]: y
> Running pytest -q
> Add command output to the chat? (Y)es/(N)o/(D)on't ask again [Yes]: y
> Added 1 line of output to the chat.
> Unable to write file /w/a after 5 attempts: [Errno 13] Permission denied: '/w/a'
> make lint
> Run shell command? (Y)es/(N)o/(D)on't ask again [Yes]: y
> Running make lint
> rm -rf build
> Run shell command? (Y)es/(N)o/(S)kip all/(D)on't ask again [Yes]: n

#### /run env | grep TOKEN

> TOKEN=x
> Add the output to the chat? (Y)es/(N)o [Yes]: n

# aider chat started at 2025-02-01 09:30:00

#### hello

Hi.
"""
LLM = """TO LLM 2025-01-31T10:00:05
SYSTEM act as an expert
USER make it pass
LLM RESPONSE 2025-01-31T10:00:09
ASSISTANT done
TO LLM 2025-01-31T10:01:00
USER more
LLM RESPONSE 2025-01-31T10:01:02
ASSISTANT no
"""


def told(chat: str = CHAT) -> list[Record]:
    reader = aider.ChatReader()
    records = [r for line in chat.splitlines() for r in reader.line(line)]
    return [*records, *reader.end()]


def test_each_start_is_a_session_with_the_only_time_there_is() -> None:
    assert aider.recognises(CHAT)
    records = told()
    assert len(counting.sessions(records)) == 2
    timed = [r for r in records if r.t_ns is not None]
    assert [r.name for r in timed] == ["session", "session"]
    assert {r.attributes[semconv.SOURCE_CLOCK] for r in timed} == {"iso8601 without zone"}


def test_what_aider_says_that_it_did_is_told_as_calls() -> None:
    records = told()
    counting.assert_sound_by_session(records)
    assert [
        (r.name, r.attributes[semconv.GEN_AI_TOOL_ARGUMENTS]) for r in counting.calls(records)
    ] == [
        ("edit", '{"path": "src/add.py"}'),
        ("commit", '{"commit": "1a2b3c4", "message": "fix: add instead of subtracting"}'),
        ("bash", '{"command": "pytest -q"}'),
        ("bash", '{"command": "make lint"}'),
        ("bash", '{"command": "env | grep TOKEN"}'),
    ]
    # What pytest printed is not told, nor whether `make lint` ended.
    ends = counting.results(records)
    outputs = [r.attributes.get(semconv.GEN_AI_TOOL_RESULT) for r in ends]
    assert outputs[2:] == [None, "TOKEN=x"]
    failed = [r for r in records if r.status is Status.ERROR]
    assert [str(r.attributes[semconv.EXCEPTION_MESSAGE])[:20] for r in failed] == [
        "Unable to write file"
    ]


def test_a_command_is_linked_to_the_answer_that_let_it_run() -> None:
    records = told()
    asked = [
        r for r in records if str(r.attributes.get(semconv.APPROVAL_SUBJECT)).startswith("Run")
    ]
    assert [
        (r.name, str(r.attributes[semconv.APPROVAL_SUBJECT]).split("\n")[1:]) for r in asked
    ] == [
        ("approved", ["pytest -q"]),
        ("approved", ["make lint"]),
        ("denied", ["rm -rf build"]),
    ]
    ran = [r for r in counting.calls(records) if r.name == "bash"]
    assert [r.ref for r in ran[:2]] == [r.ref for r in asked[:2]]


def test_prompts_answers_usage_and_the_answer_to_a_question_are_there() -> None:
    records = told()
    prompts = [r.attributes[semconv.PROMPT_TEXT] for r in records if r.kind is Kind.PROMPT]
    assert prompts == ["make the tests pass\nand tell me why", "/run env | grep TOKEN", "hello"]
    assert counting.tokens(records) == (2300, 1200)
    yes, no = ("approved", "user: y"), ("denied", "user: n")
    assert counting.approvals(records) == [yes, yes, yes, no, no]
    edited = counting.calls(records)[0]
    begun = [r for r in records if semconv.GEN_AI_MODEL in r.attributes]
    assert begun
    assert edited.session == records[0].session


EDIT = """
# aider chat started at 2025-01-31 10:00:00

#### fix the bug

Here is the fix:

a.md
```
<<<<<<< SEARCH
> quoted
=======
>
> Tokens: quoted better
>>>>>>> REPLACE
```

> Tokens: 2.1k sent, 100 received. Cost: $0.01 message, $0.01 session.
> Applied edit to a.md

#### and now?
"""


def test_an_edit_is_part_of_the_answer_and_its_tokens_belong_to_it() -> None:
    records = told(EDIT)
    answers = [r for r in records if r.kind is Kind.MODEL_CALL]
    said = answers[0].attributes[semconv.GEN_AI_OUTPUT_MESSAGES]
    assert isinstance(said, str)
    assert said.startswith("Here is the fix:")
    assert said.endswith("> Tokens: quoted better\n>>>>>>> REPLACE\n```")
    assert len({r.ref for r in answers}) == 1, "told in two places, one call"
    assert counting.tokens(records) == (2100, 100)
    assert [r.name for r in counting.calls(records)] == ["edit"]
    cut = told(EDIT.replace(">>>>>>> REPLACE\n```\n", ""))
    assert [r.attributes[semconv.PROMPT_TEXT] for r in cut if r.kind is Kind.PROMPT] == [
        "fix the bug", "and now?",
    ], "an edit that is cut off hides no prompt"  # fmt: skip


def test_a_longer_copy_tells_the_same_and_more() -> None:
    short = told(CHAT.partition("> Running")[0])
    assert [r.id for r in short] == [r.id for r in told()][: len(short)]


def test_the_llm_history_has_prompts_and_answers_with_times() -> None:
    assert aider.recognises_llm(LLM)
    records = list(aider.tell_llm(LLM.splitlines()))
    kinds = [r.kind for r in records]
    assert kinds.count(Kind.MODEL_CALL) == 2
    assert kinds.count(Kind.PROMPT) == 2
    assert all(r.t_ns is not None for r in records)
