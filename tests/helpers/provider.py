"""An identity provider for tests: it lets everybody in as whom it is told."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "wellspring", "not a secret"


class Provider:
    """Speaks as much OpenID Connect as a sign-in takes (authorisation code flow)."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        """Of whoever signs in next."""
        self.key = RSAKey.generate_key(2048, {"kid": "test", "use": "sig"})
        self.nonces: dict[str, str] = {}
        self.address = ""

    def answer(self, path: str, body: str, authorization: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        url = urlsplit(path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/.well-known/openid-configuration":
            return self._json(
                {
                    "issuer": self.address,
                    "authorization_endpoint": f"{self.address}/authorize",
                    "token_endpoint": f"{self.address}/token",
                    "jwks_uri": f"{self.address}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )
        if url.path == "/keys":
            return self._json({"keys": [self.key.as_dict(private=False)]})
        if url.path == "/authorize":
            code = f"code{len(self.nonces)}"
            self.nonces[code] = asked.get("nonce", "")
            back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            return 302, {"Location": back}, b""
        if url.path == "/token":
            given = {name: values[0] for name, values in parse_qs(body).items()}
            basic = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
            plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            if given.get("client_secret") != SECRET and authorization not in (f"Basic {basic}", f"Basic {plain}"):
                return 401, {}, b"{}"
            return self._json({"access_token": "x", "token_type": "Bearer", "id_token": self._token(given["code"])})
        return 404, {}, b""

    def _token(self, code: str) -> str:
        now = int(time.time())
        told = {"iss": self.address, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 600}
        claims = {**told, "nonce": self.nonces.pop(code), **self.claims}
        return jwt.encode({"alg": "RS256", "kid": "test"}, claims, self.key)

    @staticmethod
    def _json(value: object) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


@contextmanager
def provider() -> Iterator[Provider]:
    """Serve one at a free port of this machine."""
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, headers, data = made.answer(self.path, body, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
