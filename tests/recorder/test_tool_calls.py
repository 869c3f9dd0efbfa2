"""What `@recorder.tool` records of each sort of function, and that it changes none of them."""

from __future__ import annotations

import json
from pathlib import Path

from recorder.model import Kind, Phase, Status
from recorder.verify import verify
from tests.recorder.agents import calls, records_of, run

SET_UP = """
import asyncio, functools, os, sys
import recorder
recorder.start(agent="tester")
"""
RESULT = "gen_ai.tool.call.result"
ARGUMENTS = "gen_ai.tool.call.arguments"


def test_each_sort_of_function_is_recorded_and_does_what_it_did(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
class Shop:
    name = "shop"
    @recorder.tool
    def method(self, item): return f"{self.name} sells {item}"
    @recorder.tool
    @classmethod
    def outer_class(cls, item): return f"{cls.name} {item}"
    @classmethod
    @recorder.tool
    def inner_class(cls, item): return f"{cls.name} {item}"
    @recorder.tool
    @staticmethod
    def outer_static(item): return item
    @staticmethod
    @recorder.tool
    def inner_static(item): return item
    @recorder.tool
    async def coroutine(self, item): return item

class Callable:
    async def __call__(self, item): return item

shop = Shop()
waits = recorder.tool(name="waits")(Callable())
partial = recorder.tool(name="partial")(functools.partial(print, end=""))
print(shop.method("tea"), Shop.outer_class("tea"), shop.inner_class("tea"),
      shop.outer_static("tea"), Shop.inner_static("tea"),
      asyncio.run(shop.coroutine("tea")), asyncio.run(waits("tea")), partial(""))
print(Shop.method.__name__, Shop.method.__doc__)
recorder.stop()
"""
    printed = run(SET_UP + program, path)
    assert printed == "shop sells tea shop tea shop tea tea tea tea tea None\nmethod None\n"
    found = calls(path)
    assert set(found) == {
        "method", "outer_class", "inner_class", "outer_static", "inner_static", "coroutine",
        "waits", "partial",
    }  # fmt: skip
    for name, (start, end) in found.items():
        assert end is not None
        assert end.status is Status.UNSET
        if name != "partial":
            assert json.loads(str(start.attributes[ARGUMENTS])) == {"item": "tea"}
    assert found["method"][1].attributes[RESULT] == "shop sells tea"  # type: ignore[union-attr] # asserted above


def test_streams_are_recorded_from_the_first_step_to_the_last(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
@recorder.tool
def words(text):
    got = []
    for word in text.split():
        got.append((yield word + " "))
    return got

@recorder.tool
async def rows(number):
    for n in range(number):
        yield {"row": n}
        await asyncio.sleep(0)

@recorder.tool
def breaks():
    yield "whole "
    raise OSError("line cut, token=tok_0123456789abcdefABCDEF")

@recorder.tool
def closes():
    try:
        yield 1
        yield 2
    finally:
        print("closed")

@recorder.tool
def outside(): return "called while the stream is read"

def reader():
    got = yield from words("a b c")
    print(got)

steps = reader()
print(next(steps), steps.send(1), steps.send(2))
try: steps.send(3)
except StopIteration: pass

async def read():
    async for row in rows(3):
        if row["row"] == 1: outside()
    return [row async for row in rows(2)]
print(asyncio.run(read()))
try: print(list(breaks()))
except OSError: print("broke")
stream = closes()
next(stream)
stream.close()
recorder.stop()
"""
    printed = run(SET_UP + program, path)
    assert printed == "a  b  c \n[1, 2, 3]\n[{'row': 0}, {'row': 1}]\nbroke\nclosed\n"
    found = calls(path)
    assert found["words"][1].attributes[RESULT] == "a b c "  # type: ignore[union-attr]
    rows = [r for r in records_of(path, Kind.TOOL_CALL) if r.name == "rows"]
    assert [r.attributes.get(RESULT) for r in rows if r.phase is Phase.END] == [
        '{"row": 0}\n{"row": 1}\n{"row": 2}', '{"row": 0}\n{"row": 1}',
    ]  # fmt: skip
    # What reads a stream is not inside the call that makes it.
    assert found["outside"][0].parent_span_id == ""
    end = found["breaks"][1]
    assert end is not None
    assert (end.status, end.attributes[RESULT]) == (Status.ERROR, "whole ")
    assert end.attributes["exception.type"] == "OSError"
    assert "tok_0123456789" not in str(records_of(path))
    closed = found["closes"][1]
    assert closed is not None
    assert (closed.status, closed.attributes[RESULT]) == (Status.UNSET, "1")


def test_values_of_any_sort_are_recorded_without_harm(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
class Shy:
    def __str__(self): raise RuntimeError("not for you")
    __repr__ = __str__

@recorder.tool
def echo(value): return value

@recorder.tool(name="big")
def big(size): return "x" * size

@recorder.tool(name="surrogate")
def surrogate(value): return value

circle = []
circle.append(circle)
for value in (Shy(), {1: Shy(), (2, 3): b"bytes"}, circle, 2**80, float("nan"), object):
    assert echo(value) is value
assert len(big(9 * 1024 * 1024)) == 9 * 1024 * 1024
assert surrogate("\\udcff") == "\\udcff"
try: echo()
except TypeError: print("as ever")
recorder.stop()
"""
    assert run(SET_UP + program, path) == "as ever\n"
    stored = records_of(path, Kind.TOOL_CALL)
    echoes = [r for r in stored if r.name == "echo"]
    assert len(echoes) == 14
    assert "Shy that cannot be shown" in str(echoes[0].attributes[ARGUMENTS])
    found = calls(path)
    whole = found["big"][1]
    assert whole is not None
    assert 1024 * 1024 - 8192 < whole.blobs[RESULT].size < 1024 * 1024 + 256
    assert found["surrogate"][1] is not None
    assert echoes[-1].status is Status.ERROR
    assert verify(path).ok


def test_secrets_in_exceptions_and_tracebacks_are_sealed(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    program = f"""
@recorder.tool
def push(remote):
    raise ConnectionError("cannot push to https://me:{secret}@example.org, GITHUB_TOKEN={secret}")

@recorder.tool
def stops(): raise KeyboardInterrupt

@recorder.tool
async def cancelled(): await asyncio.sleep(60)

async def main():
    task = asyncio.ensure_future(cancelled())
    await asyncio.sleep(0)
    task.cancel()
    try: await task
    except asyncio.CancelledError: print("cancelled")

for call in (lambda: push("origin"), stops):
    try: call()
    except BaseException as error: print(type(error).__name__)
asyncio.run(main())
recorder.stop()
"""
    assert run(SET_UP + program, path) == "ConnectionError\nKeyboardInterrupt\ncancelled\n"
    ends = [r for r in records_of(path, Kind.TOOL_CALL) if r.phase is Phase.END]
    assert [(r.name, r.status) for r in ends] == [
        ("push", Status.ERROR), ("stops", Status.ERROR), ("cancelled", Status.ERROR),
    ]  # fmt: skip
    assert "in push" in str(ends[0].attributes["exception.stacktrace"])
    for file in path.parent.glob("flight.db*"):
        if file.is_file():
            assert secret.encode() not in file.read_bytes()
    assert "⟦github-" in str(ends[0].attributes)
