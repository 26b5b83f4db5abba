"""A model endpoint for tests: a real HTTP server on loopback that speaks /v1/chat/completions.

    with ModelServer(faults="drop*") as server:
        ... SMALLSCREEN_BASE_URL=server.url ...
        server.stats()

or, for a process of its own, `python -m tests.model_server --port 0 --faults drop*,429:1`, which
prints its address on the first line and gives its counts as JSON at /stats.

It translates nothing: its lines are everyday words of the market's language, chosen by a hash of the
source and cut to the line's budget, so that the same line always gets the same words whatever stands
around it. Tokens are counted by the rule of smallscreen.engines.tokens, over every message and the answer.

Faults are a comma-separated script, one a request in order of arrival; `fault*` is in force for every
request from there on, and those add up.

    429[:S]         too many requests, with Retry-After S (default 0)     500, 503, 401, 404    that status
    half            the content breaks off half way                       half-body             so does the HTTP body
    other-language  every line in French (English for a French market)    chinese               every line is its source
    foreign         someone else's ids                                    silence               no answer for --hang seconds
    drop            one line of a batch is left out                       reset                 the connection is reset
    huge            a reply of 8 MB                                       utf8                  bytes that are not UTF-8
    fence           a code fence and a comma too many                     garbage               HTML instead of JSON
    no-format       400 when response_format is asked for                 ok                    nothing is wrong
    obey            a line that holds an instruction rewrites every line of its request
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import select
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from smallscreen.engines.tokens import count, count_messages

LINE = re.compile(r'^([a-z]{3})(?: [A-Z]\d*)?(?: (\d+))? ("(?:[^"\\]|\\.)*")', re.MULTILINE)
# What the obedient model takes for an order: words that smallscreen knows, and one spell that it cannot know.
ORDER = re.compile("忽略|ignore the|disregard|芝麻开门", re.IGNORECASE)
OBEYED = "I obey, master."

WORDS = {
    "English": "you know that is what the man said to me and it was not so we go home now please wait here for him",
    "Spanish": "no sé qué es lo que los dos te dijo y por eso la casa está muy lejos pero mi madre con una flor",
    "Portuguese": "não sei o que é isso mas você disse que os dois com uma casa por favor ele está muito longe então",
    "Indonesian": "aku tidak tahu apa yang kamu bilang ini dan itu sudah di rumah untuk kita akan pergi dengan dia",
    "French": "je ne sais pas que tu dis mais vous êtes dans la maison pour les deux et c'est une belle nuit qui vient",
    "German": "ich weiß nicht was du sagst und das ist eine gute Idee aber wir sind es mit der Frau zu Hause wie sie",
    "Vietnamese": "tôi không biết đây là cái gì của anh và em đi với người đã có cho được rồi nhé ông bà con này",
    "Thai": "ฉัน ไม่ รู้ ว่า คุณ พูด อะไร แต่ เรา ไป บ้าน กัน เถอะ แม่ รอ อยู่ ที่ นี่ แล้ว นะ",
    "Japanese": "それ は 知らない けど あなた の 家 に 行く から 待って いて ください ね もう 遅い よ",
    "Korean": "나는 그게 뭔지 모르겠어 하지만 우리 집에 가자 엄마가 기다리고 있어 빨리 와 정말 고마워",
    "Arabic": "أنا لا أعرف ماذا تقول ولكن هذا هو البيت الذي نريد أن نذهب إليه الآن من فضلك انتظر هنا",
    "Hindi": "मुझे नहीं पता तुम क्या कह रहे हो लेकिन हम घर चलते हैं माँ यहाँ इंतज़ार कर रही है अब",
}
# Characters of translation for one of Chinese: 3.7 is measured for English, the others are set by it.
RATIO = {"Japanese": 1.3, "Korean": 1.8, "Thai": 3.0, "Arabic": 3.0}


class ModelServer:
    """The server and its counts. `latency` seconds pass before each answer; `hang` is how long silence lasts."""

    def __init__(
        self, faults: str = "", *, port: int = 0, latency: float = 0.0, hang: float = 60.0, key: str = ""
    ) -> None:
        self.latency, self.hang, self.key = latency, hang, key
        self.scheme = "Bearer"
        self._script = [f.strip() for f in faults.split(",") if f.strip()]
        self._always: list[str] = []
        self._lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []
        self.paid: dict[str, int] = {}
        self.abandoned = 0
        owner = self

        class Handler(_Handler):
            server_owner = owner

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> ModelServer:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def serve(self) -> None:
        self._http.serve_forever()

    def environment(self, key: str = "test-key") -> dict[str, str]:
        return {"SMALLSCREEN_BASE_URL": self.url, "SMALLSCREEN_API_KEY": key}

    def faults_now(self) -> list[str]:
        """The faults of the request that has just come."""
        with self._lock:
            now = []
            while self._script and self._script[0].endswith("*"):
                self._always.append(self._script.pop(0)[:-1])
            if self._script:
                now.append(self._script.pop(0))
            return now + self._always

    def count(self, entry: dict[str, Any], lines: dict[str, str]) -> None:
        with self._lock:
            self.requests.append(entry)
            for line in lines:
                self.paid[line] = self.paid.get(line, 0) + 1

    def stats(self) -> dict[str, Any]:
        """Requests (all and answered with 200), tokens of those answered, and lines paid by id and source."""
        with self._lock:
            answered = [r for r in self.requests if r["status"] == 200]
            return {
                "requests": len(self.requests),
                "answered": len(answered),
                "prompt_tokens": sum(r["prompt_tokens"] for r in answered),
                "completion_tokens": sum(r["completion_tokens"] for r in answered),
                "tokens": sum(r["prompt_tokens"] + r["completion_tokens"] for r in answered),
                "lines_asked": [r["lines"] for r in self.requests],
                "abandoned": self.abandoned,
                "paid": dict(self.paid),
            }


class _Handler(BaseHTTPRequestHandler):
    server_owner: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/stats":
            self._send(200, json.dumps(self.server_owner.stats(), ensure_ascii=False).encode())
        else:
            self._send(404, b"{}")

    def do_POST(self) -> None:
        owner = self.server_owner
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if not self.path.endswith("/chat/completions"):
            self._send(404, b'{"error":{"message":"no such path"}}')
            return
        request = json.loads(body)
        faults = owner.faults_now()
        asked = LINE.findall(request["messages"][-1]["content"])
        entry = {"status": 200, "prompt_tokens": 0, "completion_tokens": 0, "lines": len(asked)}
        if owner.key and self.headers.get("authorization") != f"{owner.scheme} {owner.key}":
            owner.count(entry | {"status": 401}, {})
            echo = self.headers.get("authorization", "")
            self._send(
                401, json.dumps({"error": {"message": f"Incorrect API key provided: {echo}"}}).encode()
            )
            return
        if owner.latency:
            time.sleep(owner.latency)
        for fault in faults:
            name, _, value = fault.partition(":")
            if name.isdigit():
                owner.count(entry | {"status": int(name)}, {})
                self._send(
                    int(name),
                    b'{"error":{"message":"try later"}}',
                    {"Retry-After": value or "0"} if name == "429" else {},
                )
                return
            if name == "no-format" and "response_format" in request:
                owner.count(entry | {"status": 400}, {})
                self._send(400, b'{"error":{"message":"response_format is not supported"}}')
                return
            if name == "silence":
                owner.count(entry | {"status": 0}, {})
                self._wait(owner.hang)
                return
            if name == "reset":
                owner.count(entry | {"status": 0}, {})
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            if name == "garbage":
                owner.count(entry | {"status": 0}, {})
                self._send(200, b"<html>502 from a proxy that says 200</html>")
                return
        self._answer(request, asked, faults, entry)

    def _answer(
        self,
        request: dict[str, Any],
        asked: list[tuple[str, str, str]],
        faults: list[str],
        entry: dict[str, Any],
    ) -> None:
        owner = self.server_owner
        lines, sources = write_lines(request["messages"], asked, faults)
        content = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
        if "fence" in faults:
            content = f"Here you are:\n```json\n{content[:-1]},}}\n```"
        if "half" in faults:
            content = content[: len(content) // 2]
            lines = {k: v for k, v in lines.items() if json.dumps(v, ensure_ascii=False) in content}
        if "huge" in faults:
            content += " " * (8 * 1024 * 1024)
        entry["prompt_tokens"] = count_messages(request["messages"])
        entry["completion_tokens"] = count(content)
        reply = {
            "id": "chatcmpl-test",
            "object": "chat.completion",
            "created": 0,
            "model": request["model"],
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
            ],
            "usage": {
                "prompt_tokens": entry["prompt_tokens"],
                "completion_tokens": entry["completion_tokens"],
                "total_tokens": entry["prompt_tokens"] + entry["completion_tokens"],
            },
        }
        data = json.dumps(reply, ensure_ascii=False).encode()
        if "utf8" in faults:
            data = _damage(data, lines)
        if self._gone():
            with owner._lock:
                owner.abandoned += 1
            return
        if "half-body" in faults:
            owner.count(entry | {"status": 0}, {})
            self._send(200, data[: len(data) // 2], {"Content-Length": str(len(data))})
            self.close_connection = True
            return
        owner.count(entry, {f"{key} {sources[key]}": text for key, text in lines.items() if key in sources})
        self._send(200, data)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            for name, value in (
                {"Content-Type": "application/json", "Content-Length": str(len(body))} | (headers or {})
            ).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _gone(self) -> bool:
        """Whether the client has hung up: then nothing is delivered and nothing is paid."""
        ready, _, _ = select.select([self.connection], [], [], 0)
        if not ready:
            return False
        try:
            return self.connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._gone():
            time.sleep(0.02)
        self.close_connection = True


def write_lines(
    messages: list[dict[str, str]], asked: list[tuple[str, str, str]], faults: list[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The answer's lines by id, and the source of each id that was asked for."""
    language = next((name for name in WORDS if name in messages[0]["content"]), "English")
    if "other-language" in faults:
        language = "English" if language == "French" else "French"
    sources = {key: json.loads(text) for key, _, text in asked}
    lines = {key: pretend(sources[key], language, int(budget or 0)) for key, budget, _ in asked}
    if "chinese" in faults:
        lines = dict(sources)
    if "foreign" in faults:
        lines = {
            hashlib.sha256(k.encode()).hexdigest().translate(_TO_LETTERS)[:3]: v for k, v in lines.items()
        }
    if "drop" in faults and len(lines) > 1:
        del lines[sorted(lines)[len(lines) // 2]]
    if "obey" in faults and any(ORDER.search(m["content"]) for m in messages[1:]):
        lines = dict.fromkeys(lines, OBEYED)
    return lines, sources


def pretend(source: str, language: str, budget: int) -> str:
    """Words of a language for a source line: always the same ones, and within the budget (0: none is set)."""
    words = WORDS[language].split()
    joint = "" if language in ("Thai", "Japanese") else " "
    wanted = max(3, round(RATIO.get(language, 3.7) * len(source)))
    if budget:
        wanted = min(wanted, budget)
    seed = hashlib.sha256(f"{language}\n{source}".encode()).digest()
    chosen: list[str] = []
    number = int.from_bytes(seed, "big")
    while True:
        number, at = divmod(number, len(words))
        if number == 0:
            number = int.from_bytes(hashlib.sha256(seed + bytes([len(chosen) % 256])).digest(), "big")
        longer = joint.join([*chosen, words[at]])
        if chosen and len(longer) >= wanted:
            break
        chosen.append(words[at])
        if len(longer) >= wanted:
            break
    text = joint.join(chosen)
    return text[:1].upper() + text[1:] + ("" if language in ("Thai", "Japanese") else ".")


_TO_LETTERS = {ord(c): "bcdfghjklmnpqrst"[n] for n, c in enumerate("0123456789abcdef")}


def _damage(data: bytes, lines: dict[str, str]) -> bytes:
    """Put bytes that are no UTF-8 into every third line."""
    for text in list(lines.values())[::3]:
        raw = text.encode()
        data = data.replace(raw, raw[:-1] + b"\xc3\x28\xff", 1)
    return data


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--faults", default="")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--hang", type=float, default=60.0, help="seconds that silence lasts")
    parser.add_argument("--key", default="", help="the only key that is accepted; any where it is not given")
    options = parser.parse_args()
    server = ModelServer(
        options.faults, port=options.port, latency=options.latency, hang=options.hang, key=options.key
    )
    print(server.url, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
