"""Keys and envelopes: a second reading of DSSE, the vectors of its specification and of RFC 8032, and every refusal."""

import base64
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.evidence.bundle.signing import (
    STATEMENT_TYPE,
    key_id,
    new_key_pair,
    open_envelope,
    pre_authentication_encoding,
    read_private_key,
    read_public_key,
    sign_envelope,
)
from protocols.storage.canonical import json_line

PAYLOAD = '{"name":"Prüfung"}'.encode()


def opened_by_the_specification(envelope: bytes, public_pem: bytes) -> bytes:
    """The payload, by the text of DSSE 1.0.2 and RFC 8410 alone; nothing of the suite is used."""
    document = json.loads(envelope)
    payload = base64.b64decode(document["payload"])
    kind = document["payloadType"].encode()
    signed = b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])
    public = serialization.load_pem_public_key(public_pem)
    assert isinstance(public, Ed25519PublicKey)
    for signature in document["signatures"]:
        try:
            public.verify(base64.b64decode(signature["sig"]), signed)
        except InvalidSignature:
            continue
        return payload
    raise InvalidSignature


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a key pair."""
    folder = tmp_path_factory.mktemp("keys") / "pair"
    new_key_pair(folder)
    return folder


@pytest.fixture
def envelope(keys: Path) -> bytes:
    return sign_envelope(PAYLOAD, STATEMENT_TYPE, read_private_key(keys / "private.pem")).encode()


@pytest.fixture
def public(keys: Path) -> Ed25519PublicKey:
    return read_public_key(keys / "public.pem")


def changed(envelope: bytes, change: Callable[[dict], object]) -> bytes:
    document = json.loads(envelope)
    change(document)
    return json_line(document).encode()


# secret, public, message, signature
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
        "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0"
        "85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1"
        "8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public_hex", "message", "signature"), RFC_8032)
def test_ed25519_is_that_of_rfc_8032_against_published(
    secret: str, public_hex: str, message: str, signature: str
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert private.public_key().public_bytes_raw().hex() == public_hex
    assert private.sign(bytes.fromhex(message)).hex() == signature


def test_what_is_signed_is_that_of_dsse_against_published() -> None:
    # the example of the specification, protocol.md, "Test Vectors"
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pre_authentication_encoding("http://example.com/HelloWorld", b"hello world") == expected


def test_lengths_are_of_bytes_by_hand() -> None:
    assert pre_authentication_encoding("ä", "ß!".encode()) == "DSSEv1 2 ä 3 ß!".encode()


def test_the_key_id_is_that_of_the_der_key_by_hand() -> None:
    # RFC 8410: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING }, then the 32 bytes of RFC 8032's first key
    import hashlib

    raw = bytes.fromhex(RFC_8032[0][1])
    der = bytes.fromhex("302a300506032b6570032100") + raw
    assert key_id(Ed25519PublicKey.from_public_bytes(raw)) == hashlib.sha256(der).hexdigest()


def test_an_envelope_opens_by_the_specification_alone(envelope: bytes, keys: Path) -> None:
    assert opened_by_the_specification(envelope, (keys / "public.pem").read_bytes()) == PAYLOAD


def test_an_envelope_opens_against_itself(envelope: bytes, public: Ed25519PublicKey) -> None:
    assert open_envelope(envelope, public) == PAYLOAD


def test_the_same_payload_and_key_give_the_same_bytes(envelope: bytes, keys: Path) -> None:
    assert sign_envelope(PAYLOAD, STATEMENT_TYPE, read_private_key(keys / "private.pem")).encode() == envelope


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda it: it.update(signatures=[]), "has no signature"),
        (lambda it: it.update(signatures=it["signatures"] * 2), "has 2 signatures; expected one"),
        (
            lambda it: it.update(payloadType="text/plain"),
            "of type 'text/plain'; expected 'application/vnd.in",
        ),
        (lambda it: it.update(payload=base64.b64encode(b"{}").decode()), "does not fit its payload"),
        (lambda it: it["signatures"][0].update(sig="AAAA" + it["signatures"][0]["sig"][4:]), "does not fit"),
        (lambda it: it["signatures"][0].update(sig="AAAA"), "does not fit its payload"),
        (lambda it: it["signatures"][0].update(sig="A!"), "its base64 is broken"),
        (lambda it: it["signatures"][0].update(keyid="0" * 64), "the key id was altered"),
        (lambda it: it["signatures"][0].pop("keyid"), "is not a DSSE envelope"),
        (lambda it: it.update(more=1), "is not a DSSE envelope"),
    ],
)
def test_an_altered_envelope_is_told_in_a_sentence(
    envelope: bytes, public: Ed25519PublicKey, change: Callable[[dict], object], sentence: str
) -> None:
    with pytest.raises(EvidenceDiffersError, match=sentence):
        open_envelope(changed(envelope, change), public)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"not JSON", b'{"payload": 1}'])
def test_what_is_no_envelope_is_told(content: bytes, public: Ed25519PublicKey) -> None:
    with pytest.raises(EvidenceDiffersError, match=r"attestation\.dsse\.json: is not a DSSE envelope"):
        open_envelope(content, public)


@pytest.mark.fault(37)
def test_no_single_bit_of_an_envelope_can_change_unseen(envelope: bytes, public: Ed25519PublicKey) -> None:
    unseen = []
    for place in range(len(envelope)):
        flipped = bytearray(envelope)
        flipped[place] ^= 1 << place % 8
        try:
            open_envelope(bytes(flipped), public)
        except EvidenceDiffersError:
            continue
        unseen.append(place)
    assert unseen == []


@pytest.mark.fault(37)
def test_another_spelling_of_the_same_envelope_is_refused(envelope: bytes, public: Ed25519PublicKey) -> None:
    with pytest.raises(EvidenceDiffersError, match="not written as `bundle` writes it"):
        open_envelope(json.dumps(json.loads(envelope), indent=1).encode(), public)


@pytest.mark.fault(44)
def test_a_wrong_key_is_told_with_both_key_ids(
    envelope: bytes, public: Ed25519PublicKey, tmp_path: Path
) -> None:
    other = read_public_key(new_key_pair(tmp_path / "other").public)
    with pytest.raises(EvidenceDiffersError) as told:
        open_envelope(envelope, other)
    assert key_id(public) in str(told.value)
    assert key_id(other) in str(told.value)


def test_the_private_key_is_for_its_owner_alone(keys: Path) -> None:
    assert stat.S_IMODE((keys / "private.pem").stat().st_mode) == 0o600


def test_the_key_id_that_is_told_is_that_of_the_public_file(tmp_path: Path) -> None:
    pair = new_key_pair(tmp_path / "pair")
    assert pair.key_id == key_id(read_public_key(pair.public))
    assert pair.key_id == key_id(read_private_key(pair.private).public_key())


@pytest.mark.fault(49)
def test_keys_are_never_overwritten(keys: Path) -> None:
    before = (keys / "private.pem").read_bytes()
    with pytest.raises(BadInputError, match="is not empty"):
        new_key_pair(keys)
    assert (keys / "private.pem").read_bytes() == before


def another_kind() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def with_password() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


@pytest.mark.parametrize("content", [b"", b"no key", another_kind(), with_password()])
def test_what_is_no_private_key_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(BadInputError, match="is no Ed25519 private key without a password"):
        read_private_key(tmp_path / "key.pem")


def test_the_halves_are_not_taken_for_one_another(keys: Path) -> None:
    with pytest.raises(BadInputError, match="is no Ed25519 private key"):
        read_private_key(keys / "public.pem")
    with pytest.raises(BadInputError, match="is no Ed25519 public key"):
        read_public_key(keys / "private.pem")


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"none\.pem: cannot be read"):
        read_public_key(tmp_path / "none.pem")
