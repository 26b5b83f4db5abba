"""Content credentials (C2PA): a signed manifest inside a media file, written and read through c2pa-python.

    sign(Path("ep001.mp4"), Path("ep001.signed.mp4"), certificate=Path("chain.pem"), key=Path("key.pem"),
         title="ep001", statement={"series": "..."})
    read(Path("ep001.signed.mp4"))          # Credential(state="valid", ...), or None where the file has none

A manifest proves who signed these very bytes. Re-encoding strips it, so it finds no copies. Nothing goes over the
network: no timestamp is asked for, and manifests that lie elsewhere are not fetched. Keys and passwords are never
shown, logged or stored.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smallscreen import __version__
from smallscreen.errors import UserError

if TYPE_CHECKING:
    from cryptography import x509

STATEMENT = "org.smallscreen.release"
"""Label of the assertion that holds what the signer says about the file."""
STRIPPED = (
    "Re-encoding strips a manifest, as platforms do: it proves that a release is yours, and finds no copies."
)
_MAX_PEM = 256 * 1024
_MAX_MANIFEST = 4 * 1024 * 1024
_TYPES = {".mp4": "video/mp4", ".m4v": "video/x-m4v", ".mov": "video/quicktime", ".m4a": "audio/mp4"}
_EXTRA = (
    'Signed manifests need the package c2pa-python; install it with pip install "smallscreen[credentials]".'
)


@dataclass(frozen=True, slots=True)
class Credential:
    """The manifest of a file.

    `state`: "trusted" (whole, and the certificate leads to an anchor that was given), "valid" (whole, signed by
    whoever the certificate names, and nobody here vouches for it), "invalid" (changed since, or badly signed).
    `statement` is what the signer said, {} where another program signed. `problems` are the codes of what failed.
    """

    state: str
    issuer: str
    name: str
    algorithm: str
    title: str
    made_by: str
    statement: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def sign(
    source: Path,
    target: Path,
    *,
    certificate: Path,
    key: Path,
    title: str,
    statement: Mapping[str, Any],
    password: str | None = None,
) -> Credential:
    """Write `source` with a signed manifest to `target`; the picture and the sound stay as they are, byte for byte.

    `certificate`: PEM, the signer's first, then the authorities above it. `key`: its private key, PEM (P-256, P-384,
    P-521, Ed25519 or RSA of 2048 bits or more). A manifest that the source has stays in it as its origin.
    Gives the manifest as read back from the new file. UserError where a file cannot be used.
    """
    c2pa = _library()
    kind = _type_of(source)
    if target.suffix.lower() != source.suffix.lower():
        raise UserError(
            f"{target.name}: signing keeps the container; name a file that ends in {source.suffix}."
        )
    if target.exists() and source.samefile(target):
        raise UserError(f"{target.name} is the file itself; name another one for the signed copy.")
    chain, pem, algorithm = _signer(certificate, key, password)
    definition = {
        "claim_generator_info": [{"name": "smallscreen", "version": __version__}],
        "title": title,
        "assertions": [
            # How the series was made is not ours to say, so the manifest begins with a file that was opened.
            {"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.published"}]}},
            {"label": STATEMENT, "data": dict(statement)},
        ],
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem[:40]}.", suffix=".partial")
    try:
        with os.fdopen(handle, "w+b") as out, source.open("rb") as given:
            signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(algorithm, chain, pem, None))
            with signer, c2pa.Builder(definition, _context(c2pa)) as builder:
                builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
                builder.sign(signer, kind, given, out)
        os.replace(temporary, target)
    except c2pa.C2paError as problem:
        raise UserError(
            f"{source.name} cannot be signed ({_short(problem)}); give a whole MP4 or MOV file, and a certificate "
            "for signing documents or mail."
        ) from None
    except OSError as problem:
        raise UserError(f"{target} cannot be written ({problem.strerror}); give another place.") from None
    finally:
        Path(temporary).unlink(missing_ok=True)
    made = read(target)
    if made is None or made.state == "invalid":
        target.unlink(missing_ok=True)
        why = ", ".join(made.problems) if made else "it has no manifest"
        raise UserError(
            f"{source.name} was signed, but the signature does not hold ({why}); nothing was kept."
        )
    return made


def read(path: Path, *, anchors: Path | None = None) -> Credential | None:
    """The manifest of a file, checked; None where it has none. `anchors`: PEM certificates that you trust.

    UserError where the file cannot be read or holds something that only looks like a manifest.
    """
    c2pa = _library()
    kind = _type_of(path)
    settings = {} if anchors is None else {"trust": {"user_anchors": _text(anchors, "certificate")}}
    try:
        with path.open("rb") as given:
            reader = c2pa.Reader.try_create(kind, given, context=_context(c2pa, settings))
            if reader is None:
                return None
            with reader:
                said = reader.json()
    except c2pa.C2paError as problem:
        raise UserError(
            f"{path.name}: its manifest cannot be read ({_short(problem)}); ask for the file anew."
        ) from None
    if len(said) > _MAX_MANIFEST:
        raise UserError(f"{path.name}: its manifest is larger than 4 MB; ask for the file anew.")
    return _credential(json.loads(said))


# --- inside ----------------------------------------------------------------------------------


def _library() -> Any:
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError):  # the native library may be missing, too
        raise UserError(_EXTRA) from None
    return c2pa


def _context(c2pa: Any, more: Mapping[str, Any] | None = None) -> Any:
    # A hostile file may name an address for its manifest; nothing is fetched.
    verify = {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True}
    return c2pa.Context(c2pa.Settings.from_dict({"verify": verify, **(more or {})}))


def _type_of(path: Path) -> str:
    if not path.is_file():
        raise UserError(f"{path.name}: there is no such file; give the path of a video.")
    if path.suffix.lower() not in _TYPES:
        raise UserError(
            f"{path.name}: manifests are put into {', '.join(_TYPES)} files; convert it to MP4 first."
        )
    return _TYPES[path.suffix.lower()]


def _text(path: Path, what: str) -> str:
    try:
        if path.stat().st_size > _MAX_PEM:
            raise UserError(f"{path.name} is larger than 256 KB, which no {what} is; give a PEM file.")
        return path.read_text("ascii")
    except OSError as problem:
        raise UserError(f"{path}: the {what} cannot be read ({problem.strerror}); give a PEM file.") from None
    except UnicodeDecodeError:
        raise UserError(
            f"{path.name}: the {what} is not in PEM (text that begins with -----BEGIN)."
        ) from None


def _signer(certificate: Path, key: Path, password: str | None) -> tuple[bytes, bytes, str]:
    """Chain and key as the library takes them, and the algorithm that fits the key; checks that they belong together."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization as s

    chain = _text(certificate, "certificate")
    try:
        certificates = x509.load_pem_x509_certificates(chain.encode())
    except ValueError:
        raise UserError(
            f"{certificate.name} holds no certificate; give the PEM file of your chain."
        ) from None
    given = _text(key, "private key").encode()
    try:
        private: Any = s.load_pem_private_key(given, password.encode() if password else None)
    except TypeError:
        raise UserError(
            f"{key.name} is protected by a password; put it into the variable SMALLSCREEN_KEY_PASSWORD."
            if not password
            else f"{key.name} is not protected by a password; leave SMALLSCREEN_KEY_PASSWORD away."
        ) from None
    except ValueError:
        raise UserError(
            f"{key.name} cannot be opened as a private key{' with this password' if password else ''}; "
            "give its PEM file."
        ) from None
    _check_first(certificates[0], private, certificate, key)
    plain = private.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    return chain.encode(), plain, _algorithm(private, key)


def _check_first(first: x509.Certificate, private: Any, certificate: Path, key: Path) -> None:
    if first.public_key() != private.public_key():
        raise UserError(
            f"{key.name} is not the key of the first certificate in {certificate.name}; give the two together."
        )
    now = datetime.now(UTC)
    if not first.not_valid_before_utc <= now <= first.not_valid_after_utc:
        raise UserError(
            f"The certificate in {certificate.name} holds from {first.not_valid_before_utc:%Y-%m-%d} to "
            f"{first.not_valid_after_utc:%Y-%m-%d}, and today is {now:%Y-%m-%d}; renew it."
        )


def _algorithm(private: Any, key: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= 2048:
        return "ps256"
    if isinstance(private, ec.EllipticCurvePrivateKey):
        curves = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
        if private.curve.name in curves:
            return curves[private.curve.name]
    raise UserError(
        f"{key.name}: manifests are signed with P-256, P-384, P-521, Ed25519 or RSA of 2048 bits or more."
    )


def _credential(data: dict[str, Any]) -> Credential:
    manifest = data.get("manifests", {}).get(data.get("active_manifest"), {})
    signed = manifest.get("signature_info") or {}
    said = [a.get("data") for a in manifest.get("assertions", ()) if a.get("label") == STATEMENT]
    makers = [str(g.get("name", "")) for g in manifest.get("claim_generator_info") or ()]
    failed = (data.get("validation_results") or {}).get("activeManifest", {}).get("failure", ())
    return Credential(
        state=str(data.get("validation_state", "Invalid")).lower(),
        issuer=str(signed.get("issuer") or ""),
        name=str(signed.get("common_name") or ""),
        algorithm=str(signed.get("alg") or "").lower(),
        title=str(manifest.get("title") or ""),
        made_by=", ".join(filter(None, makers)),
        statement=said[0] if said and isinstance(said[0], dict) else {},
        problems=tuple(dict.fromkeys(str(f.get("code")) for f in failed)),
    )


def _short(problem: Exception) -> str:
    return " ".join(str(problem).split())[:160].rstrip(".")
