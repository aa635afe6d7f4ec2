"""Signatures over evidence: Ed25519 keys as PEM files, and DSSE envelopes around a payload.

Owns the keys, their ids and the envelope, and the message for each fault of an envelope. What is signed is
`statement`'s; no file can prove who owns a key, so an auditor gets the public key by another way.
Sources: RFC 8032 (Ed25519), RFC 8410 (its PEM), DSSE 1.0.2 (github.com/secure-systems-lab/dsse).
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.storage.canonical import json_line, new_folder, sha256_bytes, write_bytes
from protocols.storage.json_document import read_document
from protocols.storage.reading import read_content

PrivateKey = Ed25519PrivateKey
PublicKey = Ed25519PublicKey

PRIVATE, PUBLIC = "private.pem", "public.pem"
STATEMENT_TYPE = "application/vnd.in-toto+json"
OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The files of a new key pair and the id to publish."""

    private: Path
    public: Path
    key_id: str


class _Signature(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    keyid: str
    sig: str


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    payload: str
    payloadType: str  # noqa: N815 - the name that DSSE gives it
    signatures: list[_Signature]


def new_key_pair(out: Path) -> KeyPair:
    """Make a key pair from the system's randomness: a folder with private.pem, for its owner alone, and public.pem.

    Raises:
        BadInputError: ``out`` is not empty, or cannot be written.
    """
    private = PrivateKey.generate()
    private_pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with new_folder(out) as folder:
        write_bytes(folder / PRIVATE, private_pem, mode=OWNER_ONLY)
        write_bytes(folder / PUBLIC, public_pem)
    return KeyPair(out / PRIVATE, out / PUBLIC, key_id(private.public_key()))


def read_private_key(path: Path) -> PrivateKey:
    """Read private.pem.

    Raises:
        BadInputError: it cannot be read, or is not an Ed25519 private key without a password.
    """
    key = _read_key(path, lambda content: serialization.load_pem_private_key(content, password=None))
    if not isinstance(key, PrivateKey):
        raise BadInputError(
            f"{path}: is no Ed25519 private key without a password; name the private.pem of `keygen`."
        )
    return key


def read_public_key(path: Path) -> PublicKey:
    """Read public.pem.

    Raises:
        BadInputError: it cannot be read, or is not an Ed25519 public key.
    """
    key = _read_key(path, serialization.load_pem_public_key)
    if not isinstance(key, PublicKey):
        raise BadInputError(
            f"{path}: is no Ed25519 public key; name the public.pem that the maker published."
        )
    return key


def key_id(public: PublicKey) -> str:
    """Return the SHA-256 of the key's DER SubjectPublicKeyInfo, in hexadecimal."""
    return sha256_bytes(
        public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that DSSE signs: type and payload, each with its length, so that they cannot be confused."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_envelope(payload: bytes, payload_type: str, private: PrivateKey) -> str:
    """Sign a payload; return the JSON text of its envelope, which is the same for the same key and payload."""
    signature = private.sign(pre_authentication_encoding(payload_type, payload))
    return json_line(
        {
            "payload": _base64(payload),
            "payloadType": payload_type,
            "signatures": [{"keyid": key_id(private.public_key()), "sig": _base64(signature)}],
        }
    )


def open_envelope(
    content: bytes,
    public: PublicKey,
    *,
    payload_type: str = STATEMENT_TYPE,
    source: str = "attestation.dsse.json",
) -> bytes:
    """Return the payload of an envelope that this key signed.

    The key id of an envelope proves nothing; it only allows a message that names both keys.

    Raises:
        EvidenceDiffersError: it is not an envelope, has no or several signatures or another type of payload, was
            signed with another key, or was altered after it was signed.
    """
    envelope = _parse(content, source)
    if not envelope.signatures:
        raise EvidenceDiffersError(f"{source}: has no signature.")
    if len(envelope.signatures) > 1:
        raise EvidenceDiffersError(f"{source}: has {len(envelope.signatures)} signatures; expected one.")
    if envelope.payloadType != payload_type:
        raise EvidenceDiffersError(
            f"{source}: its payload is of type {envelope.payloadType!r}; expected {payload_type!r}."
        )
    (named,) = envelope.signatures
    payload, signature = _bytes(envelope.payload, source), _bytes(named.sig, source)
    given = key_id(public)
    try:
        public.verify(signature, pre_authentication_encoding(payload_type, payload))
    except InvalidSignature:
        if named.keyid != given:
            raise EvidenceDiffersError(
                f"{source}: was signed with another key than the one given (it names key {named.keyid}; "
                f"the given key is {given})."
            ) from None
        raise EvidenceDiffersError(
            f"{source}: its signature with key {given} does not fit its payload: one of them was altered."
        ) from None
    if named.keyid != given:
        raise EvidenceDiffersError(
            f"{source}: names key {named.keyid}, but was signed with key {given}: the key id was altered."
        )
    return payload


def _parse(content: bytes, source: str) -> _Envelope:
    """Read an envelope; refuse one not written as the suite writes it, so that no byte can change undetected."""
    envelope = read_document(
        content, _Envelope, name="a DSSE envelope", source=source, error=EvidenceDiffersError
    )
    if json_line(envelope.model_dump()).encode("utf-8") != content:
        raise EvidenceDiffersError(f"{source}: is a DSSE envelope, but not written as `bundle` writes it.")
    return envelope


def _read_key(path: Path, load: Callable[[bytes], Any]) -> object:
    """Read the key of a PEM file; None where it contains none of the expected kind."""
    try:
        return load(read_content(path))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(text: str, source: str) -> bytes:
    """Decode base64; refuse spare bits at its end that are not zero, which would decode to the same bytes."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceDiffersError(f"{source}: is not a DSSE envelope (its base64 is broken).") from error
    if _base64(content) != text:
        raise EvidenceDiffersError(f"{source}: is not a DSSE envelope (its base64 is broken).")
    return content
