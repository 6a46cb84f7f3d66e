"""A model hub on loopback: its repositories, one commit, their files."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def hub(repo: str, files: dict[str, bytes], licence: str | None = "apache-2.0", spoiled: tuple[str, ...] = (), more=None):
    """(address, names of the files that were fetched). more: other repositories' files. spoiled: files that arrive with other bytes."""
    fetched: list[str] = []
    repos = {repo: files, **(more or {})}

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, body: bool):
            path = self.path.split("?")[0]
            for name in repos:
                if path.startswith((f"/api/models/{name}", f"/{name}/resolve/")):
                    return self._of(name, path, body)
            return self._send(404, b"", body, "text/plain", {"X-Error-Code": "RepoNotFound"})

        def _of(self, repo: str, path: str, body: bool):
            files, raw = repos[repo], f"/{repo}/resolve/{COMMIT}/"
            if path == f"/api/models/{repo}/tree/{COMMIT}":
                tree = [{"type": "file", "path": n, "size": len(d), "oid": hashlib.sha1(d).hexdigest()} for n, d in files.items()]
                self._send(200, json.dumps(tree).encode(), body, "application/json")
            elif path == f"/api/models/{repo}" or path.startswith(f"/api/models/{repo}/revision/"):
                card = {"cardData": {"license": licence}} if licence else {}
                said = {"id": repo, "sha": COMMIT, "siblings": [_sibling(n, d) for n, d in files.items()], **card}
                self._send(200, json.dumps(said).encode(), body, "application/json")
            elif path.startswith(raw) and path[len(raw) :] in files:
                name = path[len(raw) :]
                if body:
                    fetched.append(name)
                data = files[name]
                self._send(200, b"?" * len(data) if name in spoiled and body else data, body, "application/octet-stream")
            else:
                self._send(404, b"", body, "text/plain", {"X-Error-Code": "RepoNotFound"})

        def _send(self, status, data, body, kind, more=None):
            self.send_response(status)
            etag = hashlib.sha256(data).hexdigest()
            for name, value in {
                "Content-Type": kind,
                "Content-Length": str(len(data)),
                "ETag": f'"{etag}"',
                "X-Repo-Commit": COMMIT,
                **(more or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(data)

        def do_GET(self):
            self._answer(True)

        def do_HEAD(self):
            self._answer(False)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", fetched
    finally:
        server.shutdown()
        server.server_close()


def _sibling(name: str, data: bytes) -> dict:
    """Large files have a SHA-256 at the hub, small ones do not."""
    lfs = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
    return {"rfilename": name, "size": len(data), "blobId": hashlib.sha1(data).hexdigest()} | (
        {"lfs": lfs} if name.endswith((".safetensors", ".bin")) else {}
    )
