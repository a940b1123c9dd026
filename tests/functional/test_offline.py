"""The main job contacts nobody: it runs with every socket forbidden, and what it tried to look up is recorded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples"

SCRIPT = """
import json, socket, sys
tried = []

def forbid(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        tried.append([event, repr(arguments)])
        raise OSError("the network is cut")

sys.addaudithook(forbid)
try:
    socket.getaddrinfo("example.org", 80)
except OSError:
    pass
assert tried.pop()[0] == "socket.getaddrinfo", "the recorder works"
from fairhearing.__main__ import run
code = run(["run", sys.argv[1], "--json"])
print(json.dumps({"code": code, "tried": tried}), file=sys.stderr)
"""


def test_the_whole_job_makes_no_connection(example: Path, tmp_path: Path) -> None:
    """In a process of its own, so that no module was loaded before the network was cut. Where the system lets us,
    the process also has no network at all (a namespace of its own), which binds native code too."""
    command = [sys.executable, "-c", SCRIPT, str(example)]
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0:
        command = ["unshare", "-rn", *command]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip().splitlines()[-1] == '{"code": 0, "tried": []}'
