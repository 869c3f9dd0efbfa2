"""Following processes, where there are more of them than this process may have files open."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLLOW = """
import json, resource, subprocess, time
from recorder.launch.processes import ProcessWatch, adopt_orphans
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
adopt_orphans()
started, ended = [], []
watch = ProcessWatch(started.append, lambda _: None, lambda *end: ended.append(end), set)
watch.start()
script = 'exec 3<&0; read go; for n in $(seq 90); do (read wait <&3; exit 3) & done; wait'
command = subprocess.Popen(['sh', '-c', script], stdin=subprocess.PIPE)
watch.leader = command.pid
command.stdin.write(b'go\\n')
command.stdin.flush()
limit = time.monotonic() + 60
while watch.seen < 91 and time.monotonic() < limit:
    time.sleep(0.02)
early = len(ended)
command.stdin.close()
left = watch.stop(command.wait())
print(json.dumps([watch.seen, early, left, len(ended), len(started)]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there processes are followed")
def test_more_processes_than_files_may_be_open_are_followed_to_their_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FOLLOW], cwd=ROOT, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert json.loads(done.stdout) == [91, 0, 0, 91, 91]
