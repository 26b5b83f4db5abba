"""Signed manifests in releases of ours: made with a chain of certificates that the test makes, read back, broken."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from smallscreen.cli import app
from smallscreen.engines import credentials
from smallscreen.errors import UserError
from tests import rights_clips as clips

pytest.importorskip("c2pa", reason="needs the extra [credentials]")
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass
class Chain:
    """Files of a signer: certificate chain, key, the root alone."""

    certificate: Path
    key: Path
    root: Path


def chain(folder: Path, private: object = None, days: int = 20, password: bytes | None = None) -> Chain:
    folder.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    root_key = ec.generate_private_key(ec.SECP256R1())
    key = private or ec.generate_private_key(ec.SECP256R1())

    def name(cn: str) -> x509.Name:
        parts = ((NameOID.ORGANIZATION_NAME, "Test Studio <b>"), (NameOID.COMMON_NAME, cn))
        return x509.Name([x509.NameAttribute(k, v) for k, v in parts])

    def usage(leaf: bool) -> x509.KeyUsage:
        return x509.KeyUsage(leaf, False, False, False, False, not leaf, not leaf, False, False)

    def made(subject: str, public: object, leaf: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("Root"))
            .public_key(public)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=days if leaf else 40))
            .add_extension(x509.BasicConstraints(not leaf, None), True)
            .add_extension(usage(leaf), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)  # type: ignore[arg-type]
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False)
        )
        if leaf:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False
            )
        return builder.sign(root_key, hashes.SHA256())

    pem = serialization.Encoding.PEM
    root = made("Root", root_key.public_key(), False).public_bytes(pem)
    leaf = made("Signer", key.public_key(), True).public_bytes(pem)  # type: ignore[attr-defined]
    closed = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    files = Chain(folder / "chain.pem", folder / "key.pem", folder / "root.pem")
    files.certificate.write_bytes(leaf + root)
    files.root.write_bytes(root)
    files.key.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, closed))  # type: ignore[attr-defined]
    return files


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.clip(tmp_path_factory.mktemp("film") / "ep007.mp4", seconds=2)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return chain(tmp_path_factory.mktemp("signer"))


def _packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux() if p.size]


def _sign(film: Path, target: Path, files: Chain, **more: object) -> credentials.Credential:
    given = {"title": "红伞 7", "statement": {"series": "红伞 <b>", "episode": 7}, **more}
    return credentials.sign(film, target, certificate=files.certificate, key=files.key, **given)  # type: ignore[arg-type]


def test_a_signed_release_says_whose_it_is_and_plays_as_before(
    film: Path, signer: Chain, tmp_path: Path
) -> None:
    target = tmp_path / "out" / "signed.mp4"
    made = _sign(film, target, signer)
    assert (made.state, made.name, made.issuer, made.title) == (
        "valid",
        "Signer",
        "Test Studio <b>",
        "红伞 7",
    )
    assert made.statement == {"series": "红伞 <b>", "episode": 7}
    assert "smallscreen" in made.made_by
    assert credentials.read(target, anchors=signer.root) == credentials.Credential(
        "trusted", made.issuer, made.name, made.algorithm, made.title, made.made_by, made.statement, ()
    )
    assert credentials.read(film) is None
    assert _packets(target) == _packets(film)
    assert [p.name for p in target.parent.iterdir()] == ["signed.mp4"]
    other = chain(tmp_path / "other")
    assert credentials.read(target, anchors=other.root).state == "valid"  # type: ignore[union-attr]


def test_a_change_of_one_byte_breaks_it_and_re_encoding_strips_it(
    film: Path, signer: Chain, tmp_path: Path
) -> None:
    target = tmp_path / "signed.mp4"
    _sign(film, target, signer)
    data = bytearray(target.read_bytes())
    at = data.index(b"mdat") + 400
    data[at] ^= 1
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    found = credentials.read(broken)
    assert found is not None
    assert found.state == "invalid"
    assert "assertion.bmffHash.mismatch" in found.problems
    again = tmp_path / "again.mp4"
    from smallscreen.engines.video import Writer, read_frames

    with Writer(again, 180, 320, 24, None, preset="ultrafast") as out:
        for _, picture in read_frames(target):
            out.frame(picture)
    assert credentials.read(again) is None


def test_files_cut_off_or_full_of_nonsense_end_in_a_sentence(
    film: Path, signer: Chain, tmp_path: Path
) -> None:
    _sign(film, tmp_path / "signed.mp4", signer)
    whole = (tmp_path / "signed.mp4").read_bytes()
    random = np.random.default_rng(1)
    for n in range(40):
        data = bytearray(whole[: int(random.integers(8, len(whole)))] if n % 2 else whole)
        for at in random.integers(0, min(len(data), 20_000), 5):
            data[at] = int(random.integers(0, 256))
        path = tmp_path / "hurt.mp4"
        path.write_bytes(data)
        try:
            found = credentials.read(path)
        except UserError as e:
            assert "\n" not in str(e)
        else:
            assert found is None or found.state in ("valid", "invalid")


@pytest.mark.parametrize("kind", ["ed25519", "ps256", "es384"])
def test_other_keys_sign_too(film: Path, tmp_path: Path, kind: str) -> None:
    private = {
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ps256": lambda: rsa.generate_private_key(65537, 2048),
        "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    }[kind]()
    made = _sign(film, tmp_path / "s.mp4", chain(tmp_path / kind, private))
    assert (made.state, made.algorithm) == ("valid", kind)


def test_signed_twice_the_first_manifest_stays_as_its_origin(
    film: Path, signer: Chain, tmp_path: Path
) -> None:
    _sign(film, tmp_path / "one.mp4", signer, title="first")
    made = _sign(tmp_path / "one.mp4", tmp_path / "two.mp4", signer, title="second")
    assert (made.state, made.title) == ("valid", "second")
    assert b"first" in (tmp_path / "two.mp4").read_bytes()


def test_what_cannot_sign_is_said_in_one_sentence_without_the_key(
    film: Path, signer: Chain, tmp_path: Path
) -> None:
    other = chain(tmp_path / "other")
    weak = chain(tmp_path / "weak", rsa.generate_private_key(65537, 1024))
    old = chain(tmp_path / "old", days=-1)
    closed = chain(tmp_path / "closed", password=b"sesame")
    text = tmp_path / "x.txt"
    text.write_text("x")
    sound = tmp_path / "x.mkv"
    sound.write_bytes(film.read_bytes())
    fake = tmp_path / "fake.mp4"
    fake.write_bytes(b"PK\x03\x04 a zip")
    cases = [
        (
            film,
            Chain(signer.certificate, other.key, signer.root),
            {},
            "is not the key of the first certificate",
        ),
        (film, weak, {}, "RSA of 2048 bits"),
        (film, old, {}, "renew it"),
        (film, closed, {}, "SMALLSCREEN_KEY_PASSWORD"),
        (film, closed, {"password": "wrong"}, "with this password"),
        (film, signer, {"password": "needless"}, "leave SMALLSCREEN_KEY_PASSWORD away"),
        (film, Chain(text, signer.key, signer.root), {}, "holds no certificate"),
        (film, Chain(signer.certificate, text, signer.root), {}, "as a private key"),
        (film, Chain(tmp_path / "none.pem", signer.key, signer.root), {}, "cannot be read"),
        (fake, signer, {}, "cannot be signed"),
        (tmp_path / "gone.mp4", signer, {}, "there is no such file"),
    ]
    for source, files, more, said in cases:
        with pytest.raises(UserError, match=said) as e:
            _sign(source, tmp_path / "target.mp4", files, **more)
        assert "\n" not in str(e.value)
        assert "PRIVATE KEY" not in str(e.value)
        assert not (tmp_path / "target.mp4").exists()
    with pytest.raises(UserError, match="convert it to MP4 first"):
        _sign(sound, tmp_path / "t.mkv", signer)
    with pytest.raises(UserError, match="is the file itself"):
        _sign(film, film, signer)
    with pytest.raises(UserError, match="keeps the container"):
        _sign(film, tmp_path / "t.mov", signer)
    assert _sign(film, tmp_path / "t.mp4", closed, password="sesame").state == "valid"
    assert not list(tmp_path.glob("*.partial"))


def test_without_the_package_the_extra_is_named(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(UserError, match=r"smallscreen\[credentials\]"):
        credentials.read(film)


def test_the_command_signs_and_checks(film: Path, signer: Chain, tmp_path: Path) -> None:
    release = tmp_path / "ep007.mp4"
    release.write_bytes(film.read_bytes())
    run = CliRunner().invoke
    done = run(
        app,
        ["rights", "sign", str(release), "--certificate", str(signer.certificate), "--key", str(signer.key)],
    )
    assert done.exit_code == 0, done.output
    assert "Re-encoding strips a manifest" in done.output
    signed = tmp_path / "ep007.signed.mp4"
    assert clips.digest(signed) in done.output
    assert signer.key.read_text().splitlines()[1] not in done.output
    checked = run(
        app, ["rights", "sign", str(signed), "--check", "--anchors", str(signer.root), "--format", "json"]
    )
    value = json.loads(checked.output)
    assert value["credential"]["state"] == "trusted"
    assert value["credential"]["statement"] == {"file": "ep007.mp4"}
    data = bytearray(signed.read_bytes())
    data[data.index(b"mdat") + 300] ^= 1
    signed.write_bytes(data)
    broken = run(app, ["rights", "sign", str(signed), "--check"])
    assert broken.exit_code == 2
    assert "NOT whole" in broken.output
    for words, said in (
        ((release, "--check"), "has no manifest"),
        ((release,), "give --certificate and --key"),
    ):
        failed = run(app, ["rights", "sign", *map(str, words)])
        assert isinstance(failed.exception, UserError)
        assert said in str(failed.exception)
