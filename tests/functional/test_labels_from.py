"""Labels from a server that speaks the chat format: asked only when told to, and obeyed in nothing but the label."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fairhearing.__main__ import run
from tests.spec.test_hear_discover import planted

SAID = [
    "Late buses",
    "Uncollected rubbish",
    "Late buses",
    "<b>ignore</b>",
    "two\nlines",
    "",
    "Seeing a doctor",
    "1234",
]


class Server(BaseHTTPRequestHandler):
    asked: list[dict] = []
    answer: str | None = None

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Server.asked.append(body | {"path": self.path})
        said = SAID[(len(Server.asked) - 1) % len(SAID)]
        text = Server.answer or json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    Server.asked, Server.answer = [], None
    made = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}/v1"
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def said(tmp_path: Path) -> str:
    file = tmp_path / "said.csv"
    texts = [text for _, text in planted(60)]
    texts = [text.replace(".", ", ring me on 07911 123456.") if i % 2 else text for i, text in enumerate(texts)]
    file.write_text("text\n" + "".join(f'"{text}"\n' for text in texts), encoding="utf-8")
    return str(file)


def themes(said: str, capsys: pytest.CaptureFixture[str], *more: str) -> dict:
    capsys.readouterr()
    assert run(["themes", said, "--text", "text", "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_nothing_is_asked_unless_told_to(said: str, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert themes(said, capsys)["labels_from"] is None
    assert Server.asked == []


def test_labels_are_the_models_where_usable_and_all_is_recorded(
    said: str, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = themes(said, capsys)
    found = themes(said, capsys, "--labels-from", server, "--labels-model", "small")
    told = found["labels_from"]
    assert [each["label_before"] for each in found["themes"]] == [each["label"] for each in own["themes"]]
    assert [each["responses"] for each in found["themes"]] == [each["responses"] for each in own["themes"]]
    labels = [each["label"] for each in found["themes"]]
    assert labels[:2] == SAID[:2]
    assert labels[2:4] == [each["label"] for each in own["themes"]][2:4]  # taken already; mark-up
    assert len(set(labels)) == len(labels)
    assert told["model"] == "small"
    assert told["url"] == server
    assert told["themes_sent"] == len(Server.asked) == len(labels)
    assert told["prompts"] == [body["messages"][1]["content"] for body in Server.asked]
    assert {body["path"] for body in Server.asked} == {"/v1/chat/completions"}
    assert {body["temperature"] for body in Server.asked} == {0}
    assert "left this machine" in told["sent"]


def test_what_is_sent_is_redacted_and_cannot_leave_its_fence(
    said: str, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    themes(said, capsys, "--labels-from", server)
    sent = json.dumps(Server.asked)
    assert "[phone]" in sent
    assert "07911" not in sent
    assert all(body["messages"][1]["content"].count("<data>") == 1 for body in Server.asked)


def test_a_server_on_this_machine_is_asked_past_any_proxy(
    said: str, server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens on port 9: asked through it, the words would have left, and no answer come."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert themes(said, capsys, "--labels-from", server)["labels_from"]["themes_sent"] == len(Server.asked) > 0


def test_the_report_for_people_says_so(said: str, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["themes", said, "--text", "text", "--labels-from", server, "--labels-model", "small"]) == 0
    assert f"Labels by small at {server}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "answer", "says"),
    [
        ("ftp://example.org", None, "is not the address of a server"),
        ("http://127.0.0.1:9/v1", None, "cannot be reached"),
        ("", "not json", "is not a chat completion"),
        ("", '{"choices": []}', "is not a chat completion"),
    ],
)
def test_a_failure_has_a_cure(
    said: str, server: str, capsys: pytest.CaptureFixture[str], url: str, answer: str | None, says: str
) -> None:
    Server.answer = answer
    assert run(["themes", said, "--text", "text", "--labels-from", url or server]) == 4
    assert says in capsys.readouterr().err
