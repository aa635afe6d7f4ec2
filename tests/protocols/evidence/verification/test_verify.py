"""Each check of a bundle by what it finds, with the file named; and that each is needed."""

import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.evidence.bundle.bag import manifest_text, parse_manifest
from protocols.evidence.bundle.signing import STATEMENT_TYPE, pre_authentication_encoding, sign_envelope
from protocols.evidence.verification import verify as verification
from protocols.evidence.verification.check import Check
from protocols.evidence.verification.verify import Verification, refuse_key_from_bundle, verify
from protocols.ledger.chain import Event, append
from protocols.storage.canonical import json_line, json_text, sha256_bytes
from reports.pdf.read_pdf import PrintedPdf
from tests.protocols.handmade_bundle import KEY, OTHER_KEY, HandmadeBundle, handmade_bundle, pdf, stamp

ENVELOPE = "attestation.dsse.json"
LISTED, TAGS = "bag/manifest-sha256.txt", "bag/tagmanifest-sha256.txt"
RESULTS, LEDGER = "bag/data/results.json", "bag/data/audit/ledger.jsonl"
CHECKS = (
    "signature",
    "key",
    "names",
    "layout",
    "manifests",
    "tag files",
    "payload",
    "run folder",
    "images",
    "results",
    "protocol",
    "dependencies",
    "ledger",
    "continuity",
    "order",
    "report.pdf",
    "summary.pdf",
)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return handmade_bundle(tmp_path_factory.mktemp("made") / "bundle").root


@pytest.fixture
def bundle(made_once: Path, tmp_path: Path) -> HandmadeBundle:
    shutil.copytree(made_once, tmp_path / "bundle")
    return HandmadeBundle(tmp_path / "bundle")


def verified(bundle: HandmadeBundle) -> Verification:
    return verify(bundle.root, KEY.public_key(), printed=PrintedPdf)


def found(bundle: HandmadeBundle) -> dict[str, set[str]]:
    """Names of the checks that failed -> the files that they name."""
    return {
        check.name: {problem.file for problem in check.problems}
        for check in verified(bundle).checks
        if check.status == "failed"
    }


def not_checked(bundle: HandmadeBundle) -> set[str]:
    return {check.name for check in verified(bundle).checks if check.status == "not checked"}


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))


def test_an_untouched_bundle_is_verified(bundle: HandmadeBundle) -> None:
    ended = verified(bundle)
    assert [(check.name, check.status) for check in ended.checks] == [(name, "passed") for name in CHECKS]
    assert ended.passed


def test_nothing_is_written(bundle: HandmadeBundle) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in bundle.root.rglob("*.*")}
    verified(bundle)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in bundle.root.rglob("*.*")} == before


def test_without_images_the_list_says_which_are_left_out(tmp_path: Path) -> None:
    ended = verified(handmade_bundle(tmp_path / "bundle", left_out=True))
    (images,) = (check for check in ended.checks if check.name == "images")
    assert (ended.passed, images.words) == (True, "0 files as listed, 3 left out, known by their hashes")


def test_a_bundle_without_a_report_says_so(bundle: HandmadeBundle) -> None:
    drop_from_the_run(bundle, "report.pdf")
    bundle.sign()
    ended = verified(bundle)
    (report,) = (check for check in ended.checks if check.name == "report.pdf")
    assert (ended.passed, report.words) == (True, "this bundle has none")


@pytest.mark.fault(37)
@pytest.mark.parametrize("place", [0, -1, 50])
@pytest.mark.parametrize(
    "name",
    [
        "bag/data/inputs/studies.csv",
        RESULTS,
        "bag/data/report.pdf",
        "bag/data/images/i0.png",
        LEDGER,
        LISTED,
        TAGS,
        "bag/bag-info.txt",
        ENVELOPE,
    ],
)
def test_a_flipped_byte_names_its_file(bundle: HandmadeBundle, name: str, place: int) -> None:
    path = bundle.root / name
    flip(path, min(place, path.stat().st_size - 1))
    assert name in set().union(*found(bundle).values())


def changed_envelope(bundle: HandmadeBundle, change: Callable[[dict[str, object]], object]) -> None:
    path = bundle.root / ENVELOPE
    path.write_text(json_line(change(json.loads(path.read_bytes()))), encoding="utf-8")


@pytest.mark.fault(37)
@pytest.mark.parametrize("key", ["keyid", "sig"])
def test_a_changed_signature_or_key_id_of_the_dsse_envelope_is_found(
    bundle: HandmadeBundle, key: str
) -> None:
    def change(envelope: dict[str, object]) -> object:
        (one,) = envelope["signatures"]  # type: ignore[misc]
        one[key] = ("B" if one[key][0] == "A" else "A") + one[key][1:]
        return envelope

    changed_envelope(bundle, change)
    assert found(bundle)["signature"] == {ENVELOPE}


@pytest.mark.fault(37)
def test_a_changed_payload_of_the_dsse_envelope_is_found(bundle: HandmadeBundle) -> None:
    changed_envelope(bundle, lambda envelope: envelope | {"payload": "e30="})
    assert found(bundle)["signature"] == {ENVELOPE}


@pytest.mark.fault(38)
@pytest.mark.parametrize("name", ["extra.txt", "bag/extra.txt", "bag/.hidden", "public.pem"])
def test_an_extra_file_at_a_root_is_named(bundle: HandmadeBundle, name: str) -> None:
    (bundle.root / name).write_text("x")
    assert found(bundle) == {"layout": {name}}


def test_an_extra_folder_at_a_root_is_named(bundle: HandmadeBundle) -> None:
    (bundle.root / "bag" / "more").mkdir()
    assert found(bundle) == {"layout": {"bag/more"}}


@pytest.mark.fault(39)
def test_a_deleted_tagmanifest_with_an_edited_bag_info_is_named(bundle: HandmadeBundle) -> None:
    (bundle.root / TAGS).unlink()
    (bundle.root / "bag" / "bag-info.txt").write_text("Bagging-Date: 2030-01-01\n")
    assert {TAGS} <= found(bundle)["layout"] & found(bundle)["manifests"] & found(bundle)["tag files"]


@pytest.mark.fault(40)
def test_a_full_re_bag_is_found_and_the_changed_results_are_named(bundle: HandmadeBundle) -> None:
    flip(bundle.root / RESULTS, 30)
    bundle.bag()
    ended = found(bundle)
    assert ended["manifests"] == {LISTED, TAGS}
    assert ended["results"] == {RESULTS}
    assert "payload" not in ended


def test_documents_that_the_signature_does_not_cover_are_not_read(bundle: HandmadeBundle) -> None:
    bundle.write("report.pdf", b"%PDF another")
    read: list[bytes] = []

    def noted(content: bytes) -> PrintedPdf:
        read.append(content)
        return PrintedPdf(content)

    ended = verify(bundle.root, KEY.public_key(), printed=noted)
    assert read == [(bundle.data / "summary.pdf").read_bytes()]
    (report,) = (check for check in ended.checks if check.name == "report.pdf")
    assert (report.status, report.words) == ("not checked", "bag/data/report.pdf is not the signed one")


@pytest.mark.fault(41)
def test_a_symlink_is_named_and_not_followed(bundle: HandmadeBundle, tmp_path: Path) -> None:
    path = bundle.root / RESULTS
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    ended = found(bundle)
    assert (ended["names"], ended["payload"]) == ({RESULTS}, {RESULTS})


@pytest.mark.fault(41)
def test_a_pipe_is_named_and_not_opened(bundle: HandmadeBundle) -> None:
    path = bundle.root / RESULTS
    path.unlink()
    os.mkfifo(path)
    assert found(bundle)["names"] == {RESULTS}


@pytest.mark.fault(41)
@pytest.mark.parametrize(
    "name", ["../../outside.txt", "/etc/hostname", "data/../../x", "data//x", "data/./x"]
)
def test_a_path_out_of_the_bag_in_a_manifest_is_found(bundle: HandmadeBundle, name: str) -> None:
    path = bundle.root / LISTED
    path.write_text(path.read_text() + f"{'0' * 64}  {name}\n")
    assert LISTED in found(bundle)["payload"]


def test_a_file_listed_twice_is_found(bundle: HandmadeBundle) -> None:
    path = bundle.root / LISTED
    path.write_text(path.read_text() * 2)
    assert LISTED in found(bundle)["payload"]


@pytest.mark.fault(41)
@pytest.mark.parametrize("name", ["RESULTS.json", "ﬁle.txt", "cafe\u0301.txt"])
def test_a_colliding_or_decomposed_name_is_found(bundle: HandmadeBundle, name: str) -> None:
    (bundle.data / "file.txt").write_text("x")
    (bundle.data / name).write_text("x")
    assert f"bag/data/{name}" in found(bundle)["names"] | found(bundle)["payload"]


@pytest.mark.fault(41)
def test_names_that_differ_in_case_alone_are_found_even_where_both_are_listed(bundle: HandmadeBundle) -> None:
    for name in ("Note.txt", "note.txt"):
        (bundle.data / name).write_text("x")
    listed = parse_manifest((bundle.root / LISTED).read_bytes(), source="m")
    listed |= {f"data/{name}": sha256_bytes(b"x") for name in ("Note.txt", "note.txt")}
    (bundle.root / LISTED).write_text(manifest_text(listed))
    ended = found(bundle)
    assert ended["names"] == {"bag/data/note.txt"}
    assert "payload" not in ended


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (lambda root: (root / RESULTS).unlink(), (RESULTS, "is missing")),
        (
            lambda root: (root / "bag/data/new").write_text("x"),
            ("bag/data/new", "is not listed in the manifest"),
        ),
    ],
)
def test_missing_and_unlisted_files_are_named(
    bundle: HandmadeBundle, harm: Callable[[Path], object], problem: tuple[str, str]
) -> None:
    harm(bundle.root)
    (payload,) = (check for check in verified(bundle).checks if check.name == "payload")
    assert [(one.file, one.words) for one in payload.problems] == [problem]


def test_every_changed_file_is_named(bundle: HandmadeBundle) -> None:
    names = {f"bag/data/images/i{number}.png" for number in range(3)}
    for name in names:
        flip(bundle.root / name, 0)
    assert found(bundle)["payload"] == names


@pytest.mark.fault(44)
def test_a_wrong_public_key_is_found(bundle: HandmadeBundle) -> None:
    ended = verify(bundle.root, OTHER_KEY.public_key(), printed=PrintedPdf)
    assert ended.checks[0].status == "failed"
    assert "was signed with another key than the one given" in ended.checks[0].problems[0].words
    assert {check.name for check in ended.checks if check.status == "not checked"} >= {"manifests", "results"}


@pytest.mark.fault(44)
def test_a_bundle_supplied_public_key_is_refused_by_path(bundle: HandmadeBundle, tmp_path: Path) -> None:
    (bundle.root / "public.pem").write_bytes(pem())
    with pytest.raises(BadInputError, match="is in the bundle that it is to verify"):
        refuse_key_from_bundle(bundle.root, bundle.root / "public.pem")
    (tmp_path / "link.pem").symlink_to(bundle.root / "public.pem")
    with pytest.raises(BadInputError, match="is in the bundle"):
        refuse_key_from_bundle(bundle.root, tmp_path / "link.pem")
    refuse_key_from_bundle(bundle.root, tmp_path / "public.pem")


@pytest.mark.fault(44)
def test_a_bundle_supplied_public_key_is_refused_by_content(bundle: HandmadeBundle) -> None:
    bundle.write("env/key.pem", pem())
    bundle.sign()
    assert found(bundle)["key"] == {"bag/data/env/key.pem"}


def pem() -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


# What only someone with the key could do: each of these is signed, and says something that is not so.


def drop_from_the_run(bundle: HandmadeBundle, name: str) -> None:
    (bundle.data / name).unlink()
    document = json.loads((bundle.data / "manifest.json").read_bytes())
    document["files"] = [entry for entry in document["files"] if entry["path"] != name]
    bundle.write("manifest.json", json_text(document))


def run_manifest_anew(bundle: HandmadeBundle, *names: str) -> None:
    document = json.loads((bundle.data / "manifest.json").read_bytes())
    for entry in document["files"]:
        if entry["path"] in names:
            content = (bundle.data / entry["path"]).read_bytes()
            entry.update(size=len(content), sha256=sha256_bytes(content))
    bundle.write("manifest.json", json_text(document))


def test_a_signed_file_that_the_runs_manifest_does_not_list_is_named(bundle: HandmadeBundle) -> None:
    bundle.write("notes.txt", "x")
    bundle.sign()
    assert found(bundle) == {"run folder": {"bag/data/notes.txt"}}


def test_a_signed_file_that_is_not_the_runs_is_named(bundle: HandmadeBundle) -> None:
    bundle.write("inputs/studies.csv", "image_id,patient_id\ni9,p9\n")
    bundle.sign()
    assert found(bundle) == {"run folder": {"bag/data/inputs/studies.csv"}}


def test_a_missing_file_that_is_no_image_left_out_is_named(bundle: HandmadeBundle) -> None:
    (bundle.data / "inputs" / "studies.csv").unlink()
    bundle.sign()
    assert found(bundle) == {"run folder": {"bag/data/inputs/studies.csv"}}


@pytest.mark.parametrize("path", ["../x", "/x", "a/../x"])
def test_a_path_out_of_the_run_folder_in_its_manifest_is_found(bundle: HandmadeBundle, path: str) -> None:
    entry = {"path": path, "size": 0, "sha256": "0" * 64}
    bundle.write("manifest.json", json_text({"schema": "cxr510k-manifest/1", "files": [entry]}))
    bundle.sign()
    assert found(bundle) == {"run folder": {"bag/data/manifest.json"}}


def test_an_image_that_is_not_the_listed_one_is_named(bundle: HandmadeBundle) -> None:
    bundle.write("images/i1.png", "another")
    run_manifest_anew(bundle, "images/i1.png")
    bundle.sign()
    assert found(bundle) == {"images": {"bag/data/images/i1.png"}}


def test_an_image_that_is_said_to_be_left_out_is_named(bundle: HandmadeBundle) -> None:
    listing = (bundle.data / "images.csv").read_text()
    bundle.write("images.csv", listing.replace("ok,,yes", "ok,,no", 1))
    bundle.sign()
    assert found(bundle) == {"images": {"bag/data/images/i0.png"}}


@pytest.mark.parametrize(
    "content", ["", "image_id\ni0\n", "image_id,bundled,image_path,file_sha256\ni0,yes,../x,0\n", "\udcff"]
)
def test_a_broken_images_csv_is_a_finding(bundle: HandmadeBundle, content: str) -> None:
    bundle.write("images.csv", (content or "image_id\n,,,\n").encode("utf-8", "surrogateescape"))
    bundle.sign()
    assert found(bundle)["images"] == {"bag/data/images.csv"}


def test_a_verdict_that_the_statement_does_not_say_is_named(bundle: HandmadeBundle) -> None:
    promise = bundle.promise()
    promise["predicate"]["buildDefinition"]["internalParameters"]["verdict"] = "fail"
    bundle.sign_as(json_line(promise).encode())
    assert found(bundle) == {"results": {RESULTS}}


def test_another_protocol_than_the_one_of_the_results_is_named(bundle: HandmadeBundle) -> None:
    bundle.write("protocol.toml", "another")
    run_manifest_anew(bundle, "protocol.toml")
    bundle.sign()
    ended = found(bundle)
    assert ended["results"] == ended["protocol"] == {RESULTS}
    assert ended["report.pdf"] == {"bag/data/report.pdf"}


def test_an_input_that_the_statement_names_and_the_bag_lacks_is_named(bundle: HandmadeBundle) -> None:
    promise = bundle.promise()
    promise["predicate"]["buildDefinition"]["resolvedDependencies"].append(
        {"name": "inputs/other.csv", "digest": {"sha256": "1" * 64}}
    )
    bundle.sign_as(json_line(promise).encode())
    assert found(bundle) == {"dependencies": {"bag/data/inputs/other.csv"}}


@pytest.mark.parametrize("name", ["report.pdf", "summary.pdf"])
def test_a_pdf_with_other_results_is_named(bundle: HandmadeBundle, name: str) -> None:
    attached = {"results.json": b"{}", "line_listing.csv": (bundle.data / "line_listing.csv").read_bytes()}
    hash_printed = sha256_bytes((bundle.data / "protocol.toml").read_bytes())
    bundle.write(name, pdf(hash_printed, attached))
    run_manifest_anew(bundle, name)
    bundle.sign()
    assert found(bundle) == {name: {f"bag/data/{name}"}}


def test_a_robustness_test_is_attached_to_the_report_as_it_is(bundle: HandmadeBundle) -> None:
    attached = {name: (bundle.data / name).read_bytes() for name in ("results.json", "line_listing.csv")}
    hash_printed = sha256_bytes((bundle.data / "protocol.toml").read_bytes())
    bundle.write("robustness/results.json", "{}")
    manifest = json.loads((bundle.data / "manifest.json").read_bytes())
    manifest["files"].append({"path": "robustness/results.json", "size": 0, "sha256": ""})
    bundle.write("manifest.json", json_text(manifest))
    for content, told in ((b"{}", {}), (b"[]", {"report.pdf": {"bag/data/report.pdf"}})):
        bundle.write("report.pdf", pdf(hash_printed, {**attached, "robustness.json": content}))
        run_manifest_anew(bundle, "report.pdf", "robustness/results.json")
        bundle.sign()
        assert found(bundle) == told


def test_a_pdf_that_does_not_print_the_protocols_hash_is_named(bundle: HandmadeBundle) -> None:
    attached = {name: (bundle.data / name).read_bytes() for name in ("results.json", "line_listing.csv")}
    bundle.write("report.pdf", pdf("0" * 64, attached))
    run_manifest_anew(bundle, "report.pdf")
    bundle.sign()
    assert found(bundle) == {"report.pdf": {"bag/data/report.pdf"}}


def test_a_broken_pdf_is_a_finding(bundle: HandmadeBundle) -> None:
    bundle.write("report.pdf", b"%PDF-1.7\n nothing")
    run_manifest_anew(bundle, "report.pdf")
    bundle.sign()
    assert found(bundle) == {"report.pdf": {"bag/data/report.pdf"}}


def lines_of(bundle: HandmadeBundle) -> list[bytes]:
    return bundle.ledger.read_bytes().splitlines(keepends=True)


@pytest.mark.fault(42)
@pytest.mark.parametrize(
    ("case", "change"),
    [
        ("edit", lambda lines: [lines[0].replace(b"Eve Example", b"Mallory"), *lines[1:]]),
        ("delete", lambda lines: lines[1:]),
        ("swap", lambda lines: [lines[1], lines[0], *lines[2:]]),
        ("truncate", lambda lines: lines[:-1]),
        ("torn", lambda lines: [*lines[:-1], lines[-1][:40]]),
    ],
)
@pytest.mark.parametrize("signed", [False, True])
def test_an_audit_log_in_a_bundle_edited_deleted_swapped_truncated_is_named(
    bundle: HandmadeBundle, case: str, change: Callable[[list[bytes]], list[bytes]], signed: bool
) -> None:
    """Also where a careless signer signed the bag again, with the head that was promised before."""
    promise = bundle.promise()
    bundle.ledger.write_bytes(b"".join(change(lines_of(bundle))))
    bundle.bag()
    if signed:
        bundle.sign_as(json_line(promise | {"subject": subjects(bundle)}).encode())
        assert found(bundle)["ledger"] == {LEDGER}
    else:
        assert found(bundle)["manifests"] == {LISTED, TAGS}


def subjects(bundle: HandmadeBundle) -> list[dict[str, object]]:
    return [
        {"name": name, "digest": {"sha256": sha256_bytes((bundle.root / name).read_bytes())}}
        for name in (LISTED, TAGS)
    ]


@pytest.mark.fault(42)
def test_an_audit_log_in_a_bundle_rewritten_whole_is_named(bundle: HandmadeBundle) -> None:
    promise = bundle.promise()
    bundle.ledger.unlink()
    append(bundle.ledger, Event("run"), stamp(1))
    append(bundle.ledger, Event("bundle"), stamp(30))
    bundle.bag()
    bundle.sign_as(json_line(promise | {"subject": subjects(bundle)}).encode())
    assert found(bundle)["ledger"] == {LEDGER}


def test_a_ledger_that_does_not_continue_the_runs_own_is_named(bundle: HandmadeBundle) -> None:
    bundle.ledger.unlink()
    append(bundle.ledger, Event("run"), stamp(1))
    append(bundle.ledger, Event("bundle"), stamp(30))
    bundle.sign()
    assert found(bundle) == {"continuity": {LEDGER}}


def test_a_confirmatory_run_without_its_look_is_named(bundle: HandmadeBundle) -> None:
    results = json.loads((bundle.data / "results.json").read_bytes())
    results["protocol"]["stage"] = "confirmatory"
    bundle.write("results.json", json_text(results))
    promise = bundle.promise()
    promise["predicate"]["buildDefinition"]["externalParameters"]["stage"] = "confirmatory"
    bundle.bag()
    bundle.sign_as(json_line(promise | {"subject": subjects(bundle)}).encode())
    assert found(bundle)["order"] == {LEDGER}


HOSTILE = {
    "deep": b"[" * 200_000,
    "deep and closed": b"[" * 200_000 + b"]" * 200_000,
    "a key twice": b'{"verdict": "pass", "verdict": "fail"}',
    "nan": b'{"verdict": NaN}',
    "infinity": b'{"verdict": -Infinity}',
    "a number without end": b'{"verdict": ' + b"9" * 10_000 + b"}",
    "no object": b"[]",
    "no text": b"\xff\xfe",
    "empty": b"",
    "another type": b'{"schema": "cxr510k-manifest/1", "files": {"a": 1}}',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("name", ["results.json", "manifest.json", "run.json"])
def test_hostile_json_is_a_finding_and_no_accident(bundle: HandmadeBundle, name: str, content: bytes) -> None:
    promise = bundle.promise()
    bundle.write(name, content)
    bundle.bag()
    inside = promise["predicate"]["buildDefinition"]["internalParameters"]
    inside["results_sha256"] = sha256_bytes((bundle.data / "results.json").read_bytes())
    bundle.sign_as(json_line(promise | {"subject": subjects(bundle)}).encode())
    assert f"bag/data/{name}" in set().union(*found(bundle).values())


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_envelope_is_a_finding_and_no_accident(bundle: HandmadeBundle, content: bytes) -> None:
    (bundle.root / ENVELOPE).write_bytes(content)
    assert found(bundle)["signature"] == {ENVELOPE}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_statement_is_a_finding_and_no_accident(bundle: HandmadeBundle, content: bytes) -> None:
    bundle.sign_as(content)
    assert found(bundle)["signature"] == {ENVELOPE}


def test_a_huge_envelope_is_not_read(bundle: HandmadeBundle) -> None:
    with (bundle.root / ENVELOPE).open("wb") as file:
        file.truncate(1 << 40)
    assert found(bundle)["signature"] == {ENVELOPE}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("_type", "https://in-toto.io/Statement/v0.1"),
        ("predicateType", "https://example.org"),
        ("subject", []),
        ("predicate", {}),
        ("more", 1),
    ],
)
def test_a_statement_of_another_kind_is_found(bundle: HandmadeBundle, key: str, value: object) -> None:
    bundle.sign_as(json_line(bundle.promise() | {key: value}).encode())
    assert found(bundle)["signature"] == {ENVELOPE}


def test_subjects_are_exactly_the_two_manifests(bundle: HandmadeBundle) -> None:
    more = [*subjects(bundle), {"name": "bag/bagit.txt", "digest": {"sha256": "0" * 64}}]
    for listed in (subjects(bundle)[:1], more, subjects(bundle)[:1] * 2):
        bundle.sign_as(json_line(bundle.promise() | {"subject": listed}).encode())
        assert found(bundle)["signature"] == {ENVELOPE}


def test_an_envelope_of_another_type_is_found_though_well_signed(bundle: HandmadeBundle) -> None:
    text = sign_envelope(json_line(bundle.promise()).encode(), "text/plain", KEY)
    (bundle.root / ENVELOPE).write_text(text)
    assert found(bundle)["signature"] == {ENVELOPE}
    assert pre_authentication_encoding("text/plain", b"x") != pre_authentication_encoding(
        STATEMENT_TYPE, b"x"
    )


@pytest.mark.parametrize("what", ["nothing", "an empty folder", "a run folder"])
def test_what_is_no_bundle_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "x"
    if what != "nothing":
        path.mkdir()
    if what == "a run folder":
        (path / "run.json").write_text("{}")
    with pytest.raises(BadInputError, match=r"is no bundle|is neither a folder nor an archive"):
        verify(path, KEY.public_key(), printed=PrintedPdf)


@pytest.mark.fault(54)
def test_no_network_at_all_is_needed_for_verify(
    bundle: HandmadeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refused)
    assert verified(bundle).passed


# Each check is needed: without it, something goes through that it alone sees.


def passing(name: str) -> Callable[..., Check]:
    return lambda *_: Check(name, "passed", "switched off")


def signed_by_another(bundle: HandmadeBundle) -> None:
    bundle.key = OTHER_KEY
    bundle.sign()


def test_without_the_signature_a_bundle_of_another_key_would_go_through(
    bundle: HandmadeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_by_another(bundle)
    assert not verified(bundle).passed
    opened = verification.open_envelope
    monkeypatch.setattr(
        verification,
        "open_envelope",
        lambda content, key, source: opened(content, OTHER_KEY.public_key(), source=source),
    )
    assert verified(bundle).passed


def unlisted(bundle: HandmadeBundle) -> None:
    bundle.write("notes.txt", "x")


def at_the_root(bundle: HandmadeBundle) -> None:
    (bundle.root / "notes.txt").write_text("x")


def rebagged(bundle: HandmadeBundle) -> None:
    bundle.write("env/system.json", "x")
    bundle.bag()


def of_another_run(bundle: HandmadeBundle) -> None:
    bundle.write("inputs/studies.csv", "x")
    bundle.sign()


def other_image(bundle: HandmadeBundle) -> None:
    bundle.write("images/i1.png", "another")
    run_manifest_anew(bundle, "images/i1.png")
    bundle.sign()


def other_report(bundle: HandmadeBundle) -> None:
    bundle.write("report.pdf", pdf("0" * 64, {}))
    run_manifest_anew(bundle, "report.pdf")
    bundle.sign()


def other_verdict(bundle: HandmadeBundle) -> None:
    promise = bundle.promise()
    promise["predicate"]["buildDefinition"]["internalParameters"]["verdict"] = "fail"
    bundle.sign_as(json_line(promise).encode())


def other_ledger(bundle: HandmadeBundle) -> None:
    promise = bundle.promise()
    append(bundle.ledger, Event("bundle"), stamp(31))
    bundle.bag()
    bundle.sign_as(json_line(promise | {"subject": subjects(bundle)}).encode())


def other_beginning(bundle: HandmadeBundle) -> None:
    bundle.ledger.unlink()
    append(bundle.ledger, Event("bundle"), stamp(30))
    bundle.sign()


def a_link(bundle: HandmadeBundle) -> None:
    (bundle.data / "more").symlink_to("results.json")


@pytest.mark.parametrize(
    ("check", "name", "harm"),
    [
        ("check_payload", "payload", unlisted),
        ("check_layout", "layout", at_the_root),
        ("check_manifests", "manifests", rebagged),
        ("check_run_folder", "run folder", of_another_run),
        ("check_images", "images", other_image),
        ("check_document", "report.pdf", other_report),
        ("check_results", "results", other_verdict),
        ("check_ledger", "ledger", other_ledger),
        ("check_continuity", "continuity", other_beginning),
        ("problems_of_names", "names", a_link),
    ],
)
def test_without_a_check_what_it_alone_sees_would_go_through(
    bundle: HandmadeBundle,
    monkeypatch: pytest.MonkeyPatch,
    check: str,
    name: str,
    harm: Callable[[HandmadeBundle], None],
) -> None:
    harm(bundle)
    assert set(found(bundle)) == {name}
    off = (lambda *_: ()) if check == "problems_of_names" else passing(name)
    monkeypatch.setattr(verification, check, off)
    assert verified(bundle).passed


def test_the_verdict_as_json(bundle: HandmadeBundle) -> None:
    flip(bundle.root / RESULTS, 0)
    document = json.loads(verified(bundle).to_json())
    assert (document["schema"], document["verified"]) == ("cxr510k-verification/1", False)
    (payload,) = (check for check in document["checks"] if check["name"] == "payload")
    assert (payload["status"], payload["problems"][0]["file"]) == ("failed", RESULTS)
