"""Accounts of NATS by signed claims, as its tool `nsc` makes them (decentralized JWT login)."""

import base64
import json
import os
import time
from pathlib import Path
from typing import Any

import nkeys

LIMITED = "subs", "data", "payload", "imports", "exports", "conn", "leaf"
NO_LIMITS = {**dict.fromkeys(LIMITED, -1), "wildcards": True}
JETSTREAM = dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), -1)


class Key:
    """A new pair of keys of this kind."""

    def __init__(self, kind: int) -> None:
        self.seed = nkeys.encode_seed(os.urandom(32), kind)
        self.pair = nkeys.from_seed(bytearray(self.seed))
        self.public = self.pair.public_key.decode()

    def claim(self, subject: "Key", kind: str, **nats: Any) -> str:
        """A token by which this key says what `subject` is."""
        claims = {
            "iss": self.public,
            "sub": subject.public,
            "name": kind,
            "iat": int(time.time()),
            "nats": {"type": kind, "version": 2, **nats},
        }
        parts = [{"typ": "JWT", "alg": "ed25519-nkey"}, claims]
        text = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
        return f"{text}.{_encoded(self.pair.sign(text.encode()))}"


def accounts(folder: Path) -> tuple[Path, Path]:
    """A server's configuration, and the file by which a user of its one account logs in."""
    operator, system = Key(nkeys.PREFIX_BYTE_OPERATOR), Key(nkeys.PREFIX_BYTE_ACCOUNT)
    account, user = Key(nkeys.PREFIX_BYTE_ACCOUNT), Key(nkeys.PREFIX_BYTE_USER)
    limits = {system: NO_LIMITS, account: NO_LIMITS | JETSTREAM}  # the former must have no streams
    preloaded = "\n".join(
        f"{one.public}: {operator.claim(one, 'account', limits=its)}" for one, its in limits.items()
    )
    configuration, credentials = folder / "accounts.conf", folder / "user.creds"
    configuration.write_text(
        f"operator: {operator.claim(operator, 'operator')}\n"
        f"system_account: {system.public}\n"
        f"resolver: MEMORY\n"
        f"resolver_preload: {{\n{preloaded}\n}}\n"
    )
    token = account.claim(user, "user", pub={}, sub={}, subs=-1, data=-1, payload=-1)
    credentials.write_text(
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n"
    )
    return configuration, credentials


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
