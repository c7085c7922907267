"""The provider's pages in every state, with values as they come in life."""

from types import SimpleNamespace as Thing
from typing import Any

from clients.rules.redirect_uri import REDIRECT_URI_MISMATCH
from core.errors import catalogue
from idp.rules.authorize import PUSHED_REQUEST_REQUIRED
from idp.rules.inspection import Finding, Note, Report
from idp.rules.pasted import Kind
from tests.pages.state import NOTHING, REFUSED, State

CLIENT = Thing(
    name="សេវាចុះបញ្ជីពាណិជ្ជកម្មតាមប្រព័ន្ធអនឡាញ",
    agency_name="ក្រសួងពាណិជ្ជកម្ម",
    logo="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E",
    policy_uri="https://trade.example/privacy",
    tos_uri="https://trade.example/terms",
)
PLAIN_CLIENT = Thing(name="Land", agency_name="MLMUPC", logo=None, policy_uri=None, tos_uri=None)
LONG_NAME = "ព្រះអង្គម្ចាស់ស្រីនរោត្ដមបុប្ផាទេវី"  # more than 30 characters, no space to break at
ADDRESS = "ផ្ទះលេខ ១២ ភូមិព្រែកតាទែន ឃុំព្រែកតាទែន ស្រុកពញាឮ ខេត្តកណ្ដាល"

INSPECTOR = {"report": None, "empty": False}
INSPECTED = Report(
    Kind.REQUEST,
    [
        ("client_id", "trade"),
        ("redirect_uri", f"https://trade.example/callback?{'a' * 200}…"),
        ("request", "eyJhbGci… (812)"),
    ],
    [
        Finding(PUSHED_REQUEST_REQUIRED, ""),
        Finding(REDIRECT_URI_MISMATCH, f"trade asked https://trade.example/{'callback' * 20}"),
    ],
    [Note.KEYS],
)
LOGIN = {
    "client": CLIENT,
    "action": "/login?request=4f2a",
    "csrf": "c5rf",
    "username": "",
    "error": None,
    "wait_seconds": 0,
}
TOTP = {
    "client": CLIENT,
    "action": "/login?request=4f2a",
    "csrf": "c5rf",
    "error": None,
    "wait_seconds": 0,
    "restart_url": "/login?restart",
}
DETAILS = (
    {
        "type": "tra_document_signature",
        "documentDigests": [
            {
                "label": "កិច្ចសន្យាជួលទីតាំងអាជីវកម្មឆ្នាំ២០២៦.pdf",
                "hash": "sTOgwOm+474gFj0q0x1iSNspKqbcse4IeiqlDg/HWuI=",
            },
            {"label": "Annex 1", "hash": "HZQzZmMAIWekfGH0/ZKW1nsdt0xg3H6bZYztgsMTLw0="},
        ],
        "hashAlgorithmOID": "2.16.840.1.101.3.4.2.1",
    },
    {
        "type": "tra_data_access",
        "locations": [
            "https://records.a-rather-long-name-of-an-agency.example/api/v2/registrations"
        ],
        "actions": ["read", "update"],
        "datatypes": [
            "business_registration",
            "civil_status",
            "land_title",
            "social_security",
            "tax",
            "vehicle_registration",
        ],
        "purpose": {"km": "ផ្ទៀងផ្ទាត់ពាក្យសុំអាជ្ញាបណ្ណ", "en": "To check a licence application"},
    },
)
CONSENT = {
    "client": CLIENT,
    "claims": [
        Thing(name="address", value=ADDRESS),
        Thing(name="birthdate", value="1957"),
        Thing(
            name="email", value="a.rather.long.address.of.a.person@commerce-registration.example"
        ),
        Thing(name="email_verified", value="True"),
        Thing(name="gender", value="female"),
        Thing(name="name", value="NORODOM Bopha Devi"),
        Thing(name="name#km", value=LONG_NAME),
        Thing(name="phone_number", value="+85512345678"),
        Thing(name="updated_at", value="1776132000"),
    ],
    "scopes": ("openid", "profile", "email", "phone", "address"),
    "details": (),
    "device": None,
    "action": "/consent",
    "csrf": "c5rf",
}
CIBA = {
    **{name: value for name, value in CONSENT.items() if name != "device"},
    "action": "/ciba/4f2a",
    "binding_message": "អាជ្ញាបណ្ណលេខ 2026/0417-A (C17) និងឯកសារយោង៖ KH-PNH-000123456789 / 8",
    "asked_at": 1_776_132_000,
    "may_approve": True,
}
DEVICE = {"csrf": "c5rf", "user_code": "", "error": None, "wait_seconds": 0}
LOGOUT = {
    "action": "/logout/confirm",
    "csrf": "c5rf",
    "client": CLIENT,
    "carried": {"state": "af0ifjsldkj", "client_id": "trade"},
}
ACCOUNT = {
    "person_name": LONG_NAME,
    "level": 2,
    "services": [
        Thing(
            name=CLIENT.name,
            agency_name=CLIENT.agency_name,
            claims=["name", "name#km", "birthdate"],
        ),
        Thing(name="Land", agency_name="MLMUPC", claims=[]),
    ],
    "signed_in_at": 1_776_132_000,
    "waiting": [],
    "elsewhere": [],
    "csrf": "c5rf",
}
LEFT = {"clients": [], "frames": [], "return_url": None, "returns": False}


def _idp(name: str, template: str, values: dict[str, Any], **changes: Any) -> State:
    return State("idp", name, f"{template}.html", values | changes)


IDP = (
    _idp("login", "login", LOGIN),
    _idp("login-plain", "login", LOGIN, client=PLAIN_CLIENT, username="sok.dara"),
    _idp("login-unknown-person", "login", LOGIN, username=None),
    _idp("login-wrong", "login", LOGIN, username="sok.dara", error="wrong_credentials"),
    _idp("login-slow", "login", LOGIN, username="sok", error="slow_down", wait_seconds=30),
    _idp("login-own-pages", "login", LOGIN, client=None, error="slow_down", wait_seconds=1),
    _idp("login-sent-nowhere", "login", LOGIN, action=NOTHING),
    _idp("login-own-pages-quiet", "login", LOGIN, client=None),
    _idp("totp-own-pages", "totp", TOTP, client=None),
    _idp("login-expired", "login", LOGIN, error="expired"),
    _idp("totp", "totp", TOTP),
    _idp("totp-wrong", "totp", TOTP, error="wrong_code"),
    _idp("totp-used", "totp", TOTP, error="used_code"),
    _idp("totp-slow", "totp", TOTP, client=PLAIN_CLIENT, error="slow_down", wait_seconds=901),
    _idp("consent", "consent", CONSENT),
    _idp("consent-offline", "consent", CONSENT, scopes=["openid", "offline_access", "kh:tax"]),
    _idp("consent-details", "consent", CONSENT, claims=[], scopes=["openid"], details=DETAILS),
    _idp(
        "consent-device",
        "consent",
        CONSENT,
        device=Thing(user_code="WDJB-MJHT", asked_at=1_776_132_000, network="other"),
    ),
    _idp(
        "consent-device-here",
        "consent",
        CONSENT,
        device=Thing(user_code="WDJB-MJHT", asked_at=1_776_132_000, network="same"),
    ),
    _idp("consent-nothing", "consent", CONSENT, claims=[], scopes=["openid"]),
    _idp(
        "consent-one-word-name",
        "consent",
        CONSENT,
        client=PLAIN_CLIENT,
        claims=[
            Thing(name="birthdate", value="0000-04-14"),
            Thing(name="kh_unheard_of", value="7"),
            Thing(name="name#km", value="ស្រីម៉ៅ"),
        ],
    ),
    _idp("ciba", "ciba", CIBA),
    _idp("ciba-bare", "ciba", CIBA, client=PLAIN_CLIENT, binding_message=None, claims=[]),
    _idp("ciba-details", "ciba", CIBA, claims=[], details=DETAILS),
    _idp("ciba-level", "ciba", CIBA, may_approve=False),
    _idp("ciba-approved", "ciba_done", {"outcome": "approved"}),
    _idp("ciba-denied", "ciba_done", {"outcome": "denied"}),
    _idp("device", "device", DEVICE),
    _idp("device-filled-in", "device", DEVICE, user_code="WDJB-MJHT"),
    _idp("device-unknown", "device", DEVICE, user_code="WDJB-MJHT", error="unknown"),
    _idp("device-slow", "device", DEVICE, error="slow_down", wait_seconds=4),
    _idp("device-approved", "device_done", {"outcome": "approved"}),
    _idp("device-denied", "device_done", {"outcome": "denied"}),
    _idp("logout", "logout", LOGOUT),
    _idp("logout-by-oneself", "logout", LOGOUT, client=None, carried={}),
    _idp(
        "logged-out",
        "logged_out",
        {**LEFT, "clients": [CLIENT.name, "Land"], "return_url": "/back"},
    ),
    _idp("logged-out-alone", "logged_out", LEFT),
    _idp("error", "error", REFUSED),
    _idp("error-general", "error", REFUSED, code="prompt_invalid"),
    _idp("inspector", "inspector", INSPECTOR),
    _idp("inspector-empty", "inspector", INSPECTOR, empty=True),
    _idp("inspector-wrong", "inspector", INSPECTOR, report=INSPECTED),
    _idp(
        "inspector-right",
        "inspector",
        INSPECTOR,
        report=Report(Kind.ID_TOKEN, [("iss", "https://id.example.kh")], notes=list(Note)),
    ),
    _idp("errors", "errors", {"reasons": catalogue()}),
    _idp("form-post", "form_post", {"action": NOTHING, "fields": {"code": "x1", "state": "y2"}}),
    _idp("account", "account", ACCOUNT),
    _idp(
        "account-waiting",
        "account",
        ACCOUNT,
        waiting=[
            Thing(
                url="/ciba/4f2a",
                name=CLIENT.name,
                agency_name=CLIENT.agency_name,
                binding_message="អាជ្ញាបណ្ណលេខ 2026/0417-A",
                asked_at=1_776_132_000,
            ),
            Thing(
                url="/ciba/5f2a",
                name="Land",
                agency_name="MLMUPC",
                binding_message=None,
                asked_at=1_776_131_000,
            ),
        ],
    ),
    _idp(
        "account-elsewhere",
        "account",
        ACCOUNT,
        elsewhere=[
            Thing(auth_time=1_776_132_000, last_seen_at=1_776_133_000),
            Thing(auth_time=1_776_032_000, last_seen_at=1_776_132_000),
        ],
    ),
    _idp("account-new", "account", ACCOUNT, person_name="ម៉ៅ", level=1, services=[]),
    _idp("home", "home", {}),
)
