"""A mail server on loopback that keeps the subject and the text of each mail, a JSON line each."""

from __future__ import annotations

import asyncio
import json
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

FILE = Path("/var/lib/mails/mails.jsonl")
PORT = 2525


class Keeper:
    """Takes every mail there is."""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content or b"", policy=policy.default)
        body = mail.get_body(("plain",))
        text = body.get_content() if body else ""
        with FILE.open("a") as file:  # noqa: ASYNC230 - nobody else is kept waiting
            file.write(json.dumps({"subject": str(mail["subject"]), "text": text}) + "\n")
        return "250 taken"


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Keeper(), hostname="localhost", loop=loop), "127.0.0.1", PORT
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
