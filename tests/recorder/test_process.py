"""A forked child is somebody else: it has its own id, and makes ids that its parent does not."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor

from recorder.process import fresh_id, here

EACH = 2000


def test_ids_come_once_over_threads_and_forks() -> None:
    made = [fresh_id() for _ in range(EACH)]
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = " ".join([str(here.pid == os.getpid()), *(fresh_id() for _ in range(EACH))])
            os.write(theirs, said.encode()[:60_000])
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        knows_itself, *in_child = pipe.read().split()
    os.waitpid(child, 0)
    with ThreadPoolExecutor(4) as threads:
        made += threads.map(lambda _: fresh_id(), range(EACH))
    assert knows_itself == "True"
    assert len(in_child) > 1500
    whole = [one for one in [*made, *in_child] if len(one) == 32]
    assert len(set(whole)) == len(whole) >= 2 * EACH + 1500
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in made)
