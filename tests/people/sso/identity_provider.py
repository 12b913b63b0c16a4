"""An OpenID provider of its own process, honest or hostile as it is told: real HTTP, real keys.

``python -m tests.people.sso.identity_provider`` prints its port. Authlib's server side checks
client, redirect address, code and PKCE; whoever comes to its page is signed in at once as the
person that ``/told`` has named last.
"""

import hmac
import json
import os
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback, without TLS

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import AuthorizationServer, grants, requests
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, SECRET = "befreg-reserv", "a-secret-of-tests"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
HANGS_SECONDS = 30
HUGE = 4 * 1024 * 1024


class Told:
    """What the tests have told this provider, and what it has given out."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.person: dict[str, Any] = {}
        self.manner = ""
        self.gone = False
        self.listed = [new_key()]
        self.signs = self.listed[0]
        self.codes: dict[str, Code] = {}
        self.refresh: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": generate_token(8), "use": "sig"}, auto_kid=False)


class Code:
    """A code that was given out."""

    def __init__(self, request: Any, code: str) -> None:
        data = request.payload.data
        self.code, self.user, self.data, self.at = code, request.user, data, int(time.time())
        self.code_challenge = data.get("code_challenge")
        self.code_challenge_method = data.get("code_challenge_method")

    def get_redirect_uri(self) -> Any:
        return self.data.get("redirect_uri")

    def get_scope(self) -> Any:
        return self.data.get("scope")

    def get_nonce(self) -> Any:
        return self.data.get("nonce")

    def get_auth_time(self) -> int:
        return self.at - (3600 if told.manner == "asks nobody" else 0)

    def get_acr(self) -> Any:
        return self.user.get("acr")

    def get_amr(self) -> None:
        return None


class Client:
    """The one client."""

    client_id = CLIENT_ID

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return urlsplit(uri).path == "/sign-on/back/"

    def check_client_secret(self, secret: str) -> bool:
        return secret == SECRET

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind in {"authorization_code", "refresh_token"}


class Request(requests.OAuth2Request):  # type: ignore[misc]  # ships no types
    """A request as Authlib reads one."""

    def __init__(self, method: str, uri: str, form: dict[str, str], headers: Any) -> None:
        super().__init__(method, uri, headers=headers)
        query = dict(parse_qsl(urlsplit(uri).query))
        self._args, self._form = query, form
        self.payload = requests.BasicOAuth2Payload({**query, **form})

    @property
    def args(self) -> dict[str, str]:
        return self._args

    @property
    def form(self) -> dict[str, str]:
        return self._form


class Server(AuthorizationServer):  # type: ignore[misc]  # ships no types
    """Authlib's server over our own HTTP."""

    def query_client(self, client_id: str) -> Client | None:
        return Client() if client_id == CLIENT_ID else None

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        told.refresh[token["refresh_token"]] = request.user

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Any:
        return status, body, headers

    def send_signal(self, *_args: Any, **_named: Any) -> None:
        return


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes, each good for once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def save_authorization_code(self, code: str, request: Any) -> None:
        told.codes[code] = Code(request, code)

    def query_authorization_code(self, code: str, _client: Client) -> Code | None:
        return told.codes.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        told.codes.pop(authorization_code.code, None)

    def authenticate_user(self, authorization_code: Code) -> dict[str, Any]:
        user: dict[str, Any] = authorization_code.user
        return user


class Refreshed:
    """A refresh token that was given out."""

    def __init__(self, text: str) -> None:
        self.text = text

    def check_client(self, _client: Client) -> bool:
        return True

    def get_scope(self) -> str:
        return "openid profile"


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    """Refresh tokens, each good for once, and none of whom is gone."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Refreshed | None:
        known = refresh_token in told.refresh and not told.gone
        return Refreshed(refresh_token) if known else None

    def authenticate_user(self, _refresh_token: Refreshed) -> dict[str, Any]:
        return told.person

    def revoke_old_credential(self, refresh_token: Refreshed) -> None:
        told.refresh.pop(refresh_token.text, None)


class IdToken(OpenIDCode):  # type: ignore[misc]
    """ID tokens, as they should be or not."""

    def exists_nonce(self, _nonce: str, _request: Any) -> bool:
        return False

    def get_client_algorithm(self, _client: Client) -> str:
        return "RS256"

    def generate_user_info(self, user: dict[str, Any], _scope: str) -> dict[str, Any]:
        return user

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        now = int(time.time())
        code = request.authorization_code
        claims = {"iss": told.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims |= {"auth_time": code.get_auth_time()} if code else {}
        claims |= {"nonce": code.get_nonce()} if code else {}
        return signed({**claims, **request.user}, told.manner)


WRONG: dict[str, dict[str, Any]] = {
    "audience": {"aud": "another-client"},
    "two audiences": {"aud": [CLIENT_ID, "another-client"]},
    "issuer": {"iss": "http://127.0.0.1:1"},
    "nonce": {"nonce": "of another sign-in"},
    "expired": {"exp": 1_000_000_000},
    "from tomorrow": {"nbf": 4_000_000_000},
    "no subject": {"sub": ""},
}


def signed(claims: dict[str, Any], manner: str) -> str:
    """Return a token, signed as the manner has it."""
    claims |= WRONG.get(manner, {})
    header = {"alg": "RS256", "kid": told.signs.kid}
    if manner == "alg none":
        return jwt.encode({"alg": "none"}, claims, None, ["none"])  # type: ignore[arg-type]
    if manner == "public key":  # as if it were a shared secret
        return by_public_key({"alg": "HS256", "kid": told.signs.kid}, claims)
    if manner == "unlisted key":
        return jwt.encode(header, claims, new_key(), ["RS256"])
    text = jwt.encode(header, claims, told.signs, ["RS256"])
    return text[:-8] + "AAAAAAAA" if manner == "broken signature" else text


def by_public_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Return a token that anybody can make, since Authlib refuses to."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    mac = hmac.digest(told.signs.as_pem(private=False), b".".join(parts), "sha256")
    return b".".join([*parts, urlsafe_b64encode(mac).rstrip(b"=")]).decode()


def made() -> Server:
    server = Server()
    server.register_token_generator("default", BearerTokenGenerator(
        lambda **_named: generate_token(20), lambda **_named: generate_token(20)))  # fmt: skip
    server.register_grant(CodeGrant, [CodeChallenge(required=True), IdToken()])
    server.register_grant(RefreshGrant, [IdToken()])
    return server


class Handler(BaseHTTPRequestHandler):
    """The pages of the provider, and the one by which tests tell it what to do."""

    def log_message(self, *_args: Any) -> None:
        return

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if urlsplit(self.path).path == "/told":
            self._send(200, tell(json.loads(body)))
            return
        self._answer(dict(parse_qsl(body)))

    def _answer(self, form: dict[str, str]) -> None:
        path = urlsplit(self.path).path
        told.asked.append(path)
        manner, _at, where = told.manner.partition(" at ")
        if where and where == PAGES.get(path, ("",))[0] and manner in BAD:
            BAD[manner](self)
            return
        request = Request(self.command, f"{told.issuer}{self.path}", form, self.headers)
        _name, page = PAGES.get(path, ("", missing))
        self._send(*page(request))

    def _send(self, status: int, body: Any, headers: Any = ()) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def tell(orders: dict[str, Any]) -> dict[str, Any]:
    """Do as tests say; return what they may want to know."""
    if orders.pop("rotate", False):
        told.signs = new_key()
        told.listed = [told.signs]
    answer: dict[str, Any] = {"asked": told.asked[:]}
    told.manner = orders.pop("manner", told.manner)
    if "logout" in orders:
        now = int(time.time())
        claims = {"iss": told.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "jti": "1",
                  "events": {LOGOUT: {}}, **orders.pop("logout")}  # fmt: skip
        answer["token"] = signed(claims, told.manner)
    told.asked.clear()
    for name, value in orders.items():
        setattr(told, name, value)
    return answer


def missing(_request: Request) -> tuple[int, Any, Any]:
    return 404, {}, ()


def discovery(_request: Request) -> tuple[int, Any, Any]:
    issuer = "http://127.0.0.1:1" if told.manner == "issuer at discovery" else told.issuer
    found = {
        "issuer": issuer,
        "authorization_endpoint": f"{told.issuer}/authorize",
        "token_endpoint": f"{told.issuer}/token",
        "jwks_uri": f"{told.issuer}/keys",
        # Nobody should believe it.
        "id_token_signing_alg_values_supported": ["none", "HS256"],
    }
    return 200, found, ()


def keys(_request: Request) -> tuple[int, Any, Any]:
    return 200, KeySet([*told.listed]).as_dict(private=False), ()


def authorize(request: Request) -> tuple[int, Any, Any]:
    grant = server.get_consent_grant(request, end_user=told.person)
    user = None if told.manner == "denies" else told.person
    answer: tuple[int, Any, Any] = server.create_authorization_response(request, user, grant)
    return answer


def token(request: Request) -> tuple[int, Any, Any]:
    answer: tuple[int, Any, Any] = server.create_token_response(request)
    return answer


PAGES: dict[str, tuple[str, Callable[[Request], tuple[int, Any, Any]]]] = {
    "/.well-known/openid-configuration": ("discovery", discovery),
    "/keys": ("keys", keys),
    "/authorize": ("authorize", authorize),
    "/token": ("token", token),
}


def _hang(handler: Handler) -> None:
    time.sleep(HANGS_SECONDS)


def _trickle(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(HANGS_SECONDS * 10):
        handler.wfile.write(b" ")
        time.sleep(0.1)


BAD: dict[str, Callable[[Handler], None]] = {
    "hangs": _hang,
    "trickles": _trickle,
    "redirects": lambda handler: handler._send(302, "", [("Location", f"{told.issuer}/elsewhere")]),
    "huge": lambda handler: handler._send(200, "x" * HUGE),
    "deep": lambda handler: handler._send(200, "[" * 100_000),
    "html": lambda handler: handler._send(200, "<h1>Maintenance</h1>"),
    "a list": lambda handler: handler._send(200, []),
    "empty": lambda handler: handler._send(200, {}),
    "fails": lambda handler: handler._send(500, "<h1>Oops</h1>"),
}

told: Told
server: Server

if __name__ == "__main__":
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    told = Told(f"http://127.0.0.1:{listening.server_port}")
    server = made()
    print(listening.server_port, flush=True)
    sys.stdin.close()
    listening.serve_forever()
