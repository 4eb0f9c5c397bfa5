"""An authenticator in software (WebAuthn level 2, section 6): one P-256 key, packed as browsers pack it."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64encode

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def _b64(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


class SoftPasskey:
    """A credential; `counts` says whether it counts its uses, `verifies` whether it verifies its user."""

    def __init__(self, counts=True, verifies=True):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.uses, self.counts, self.verifies = 0, counts, verifies

    def _data(self, host, attested=b""):
        self.uses += self.counts
        flags = _PRESENT | (_VERIFIED if self.verifies else 0) | (_ATTESTED if attested else 0)
        return (
            hashlib.sha256(host.encode()).digest() + bytes([flags]) + struct.pack(">I", self.uses) + attested
        )

    @staticmethod
    def _client(kind, options, origin):
        told = {"type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _answer(self, response):
        name = _b64(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response,
                "clientExtensionResults": {}}  # fmt: skip

    def register(self, options, host="localhost", origin="http://localhost:8000"):
        options = json.loads(options)
        point = self.key.public_key().public_numbers()
        cose = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        )
        attested = b"\0" * 16 + struct.pack(">H", len(self.id)) + self.id + cose
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(host, attested)}
        client = self._client("webauthn.create", options, origin)
        return self._answer(
            {"clientDataJSON": _b64(client), "attestationObject": _b64(cbor2.dumps(statement))}
        )

    def assert_(self, options, host="localhost", origin="http://localhost:8000"):
        options = json.loads(options)
        data, client = self._data(host), self._client("webauthn.get", options, origin)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": _b64(client), "authenticatorData": _b64(data), "signature": _b64(signed)}
        )
