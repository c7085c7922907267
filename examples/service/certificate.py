"""A certificate in Khmer and English, drawn as a PDF and sealed by the agency."""

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from fpdf import FPDF
from joserfc.jwk import ECKey

from examples.service.texts import TEXTS

if TYPE_CHECKING:
    from examples.service.app import Config

FONTS = Path(__file__).parent / "fonts"
LINES = ("name", "birthdate", "gender")


def draw(config: "Config", claims: dict[str, Any]) -> bytes:
    """One page of A4. Khmer needs shaping: without it, its subscripts fall apart."""
    pdf = FPDF()
    pdf.set_title(f"{config.certificate['en']} – {claims.get('name', '')}")
    pdf.set_lang("km")
    pdf.add_font("km", fname=FONTS / "NotoSansKhmer-Regular.ttf")
    pdf.add_font("en", fname=FONTS / "NotoSans-Regular.ttf")
    pdf.set_text_shaping(True)
    pdf.set_margin(25)
    pdf.add_page()

    def line(lang: str, text: str, size: int, *, align: str = "L", space: int = 0) -> None:
        pdf.set_font(lang, size=size)
        pdf.multi_cell(0, size * 0.7, text, align=align, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(space)

    line("km", "ព្រះរាជាណាចក្រកម្ពុជា", 16, align="C")
    line("km", "ជាតិ សាសនា ព្រះមហាក្សត្រ", 13, align="C", space=10)
    for lang, size in (("km", 15), ("en", 12)):
        line(lang, config.name[lang], size, space=2)
    pdf.ln(12)
    for lang, size in (("km", 20), ("en", 15)):
        line(lang, config.certificate[lang], size, align="C", space=3)
    pdf.ln(10)
    for claim in LINES:
        for lang in ("km", "en"):
            value = claims.get(f"{claim}#{lang}") or claims.get(claim) or "–"
            shown = TEXTS[lang].get(f"{claim}_{value}", value)
            spoken = lang if lang == "en" or not str(shown).isascii() else "en"
            line(lang, TEXTS[lang][claim], 9)
            line(spoken, str(shown), 14, space=2)
    pdf.ln(12)
    today = datetime.now(UTC).date().isoformat()
    line("en", f"{config.name['en']}, {today}. Demonstration: this document proves nothing.", 9)
    return bytes(pdf.output())


async def seal(config: "Config", pdf: bytes, token_endpoint: str, trust: ssl.SSLContext) -> bytes:
    """Ask the signing service for the agency's seal (PAdES); raises HTTPError, OAuthError.

    The agency proves itself to the provider with its key (RFC 7523) and takes the access token
    that it gets to the signing service.
    """
    client = AsyncOAuth2Client(
        config.seal_client_id,
        ECKey.import_key(config.seal_private_jwk),
        token_endpoint_auth_method=PrivateKeyJWT.name,
        verify=trust,
        timeout=30,
    )
    client.register_client_auth_method(PrivateKeyJWT(config.issuer, alg="ES256"))
    async with client:
        await client.fetch_token(token_endpoint, grant_type="client_credentials", scope="seal")
        answer = await client.post(
            f"{config.signing_url}/seal",
            content=pdf,
            headers={"Content-Type": "application/pdf"},
        )
    answer.raise_for_status()
    return bytes(answer.content)
