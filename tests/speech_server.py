"""A speech endpoint for tests: a real HTTP server on loopback that speaks /v1/audio/speech.

It says a tone: SECONDS_A_CHARACTER for each character of the text, its pitch by the voice. `faults` are taken
one a request in order of arrival: a status (500, 401, 429), empty, html, huge, silence, rate, endless, float,
stream (a length that nobody filled in), mp3; anything else is a good answer. `asked` holds the texts answered
with sound, in order.
"""

from __future__ import annotations

import io
import json
import struct
import threading
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

SECONDS_A_CHARACTER = 0.06
PITCH = {"alto": 440, "bass": 220}
RATE = 24_000


def tone(seconds: float, hertz: float = 330, rate: int = RATE, loud: float = 0.3) -> np.ndarray:
    at = np.arange(round(seconds * rate)) / rate
    return (loud * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


def wav(samples: np.ndarray, rate: int = RATE, channels: int = 1) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return held.getvalue()


class SpeechServer:
    def __init__(self, faults: str = "", key: str = "") -> None:
        self.faults = [f.strip() for f in faults.split(",") if f.strip()]
        self.key = key
        self.asked: list[tuple[str, str]] = []
        self.requests = 0
        self.lock = threading.Lock()
        owner = self

        class Handler(_Handler):
            server_owner = owner

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def environment(self, key: str = "sk-very-secret-9876") -> dict[str, str]:
        return {
            "SMALLSCREEN_SPEECH_BASE_URL": self.url,
            "SMALLSCREEN_SPEECH_API_KEY": key,
            "SMALLSCREEN_SPEECH_VOICES": ",".join(PITCH),
        }

    def __enter__(self) -> SpeechServer:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    server_owner: SpeechServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        owner = self.server_owner
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with owner.lock:
            owner.requests += 1
            fault = owner.faults.pop(0) if owner.faults else "ok"
        if self.path != "/v1/audio/speech":
            return self._send(404, b"{}")
        if owner.key and self.headers.get("Authorization") != f"Bearer {owner.key}":
            said = self.headers.get("Authorization", "")
            return self._send(401, json.dumps({"error": {"message": f"bad key {said}"}}).encode())
        if fault.isdecimal():
            return self._send(int(fault), b'{"error": {"message": "not now"}}')
        sound = tone(SECONDS_A_CHARACTER * len(body["input"]), PITCH.get(body["voice"], 330))
        answer = {
            "empty": b"",
            "html": b"<html>busy</html>",
            "huge": b"RIFF" + b"\0" * 30_000_000,
            "silence": wav(sound * 0),
            "rate": wav(sound)[:24] + struct.pack("<I", 50) + wav(sound)[28:],
            "endless": wav(np.tile(sound, 400)),
        }.get(fault, wav(sound))
        if fault == "stream":
            answer = answer[:4] + b"\xff\xff\xff\xff" + answer[8:40] + b"\xff\xff\xff\xff" + answer[44:]
        if answer == wav(sound) or fault == "stream":
            with owner.lock:
                owner.asked.append((body["voice"], body["input"]))
        return self._send(200, answer)

    def _send(self, status: int, data: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True  # who asked had enough
