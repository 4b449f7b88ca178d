"""A mail server that keeps what it gets."""

import email
import email.policy
import socketserver
import threading
from contextlib import contextmanager


class _Session(socketserver.StreamRequestHandler):
    """The least of SMTP (RFC 5321) that a client needs to be rid of its mail."""

    timeout = 30

    def handle(self):
        self.answer("220 mail.example.com")
        while line := self.rfile.readline(1000):
            match line[:4].upper().strip():
                case b"DATA":
                    self.answer("354 go on")
                    self.server.letters.append(self.letter())
                    self.answer("250 kept")
                case b"QUIT":
                    return self.answer("221 bye")
                case _:
                    self.answer("250 fine")

    def answer(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def letter(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return email.message_from_bytes(b"".join(lines), policy=email.policy.default)


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on a port of its own. ``letters`` are what came, the oldest first."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Session)
        self.letters = []

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def text_to(self, address, *, about):
        """Return the newest letter to ``address`` with these words in its subject, or nothing."""
        for letter in reversed(self.letters):
            if letter["To"] == address and about in letter["Subject"]:
                return letter.get_body(("plain",)).get_content()
        return ""


@contextmanager
def mail_server():
    """Take mail while the block lasts."""
    server = MailServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
