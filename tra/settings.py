"""The one typed object of settings, and the only reader of the environment.

A setting comes from the environment (`TRA_ISSUER=…`) or from the TOML file that `TRA_CONFIG`
names; the environment wins. docs/settings.md is generated from this file.
"""

import os
from enum import StrEnum
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.ntp import parse_source
from keys.custody import Custody
from keys.pkcs11 import Token, parse_address
from keys.ring import Purpose
from keys.sealing import Sealer, parse_master_key
from signing import policies

DEVELOPMENT_MASTER_KEY = "ZGV2ZWxvcG1lbnQtb25seS1kby1ub3QtdXNlLWl0ISE"


LINED = (Purpose.SEAL, Purpose.SIGNATURE, Purpose.TIMESTAMP)  # may have their own authorities


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


List = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Every setting of Tra."""

    model_config = SettingsConfigDict(env_prefix="TRA_", frozen=True, extra="forbid")

    environment: Environment = Field(
        Environment.DEVELOPMENT,
        description="`production` refuses development secrets and plain-http issuers.",
    )
    issuer: str = Field(
        "http://localhost:8000",
        description="The provider's issuer identifier: its public URL, without a final slash.",
    )
    mtls_url: str | None = Field(
        None,
        description="The provider's address for clients with certificates (RFC 8705 §5), without "
        "a final slash. Default: none, and nothing is said of certificates in the metadata.",
    )
    tls_client_ca: Path | None = Field(
        None,
        description="The authorities whose certificates clients may authenticate with "
        "(`tls_client_auth`), and those between: a file of PEM certificates.",
    )
    signing_url: str = Field("http://localhost:8001", description="The signing service's URL.")
    pki_url: str | None = Field(
        None,
        description="The plain-http URL under which certificates name our OCSP, CRLs and CA "
        "certificates (RFC 5280 §8 advises http there). Default: the signing service's URL.",
    )
    idp_database_url: SecretStr = Field(
        SecretStr("sqlite:///.demo/idp.sqlite"),
        description="The provider's database: `sqlite:///FILE` or `postgresql://…`.",
    )
    signing_database_url: SecretStr = Field(
        SecretStr("sqlite:///.demo/signing.sqlite"),
        description="The signing service's database; not the provider's.",
    )
    master_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (SecretStr(DEVELOPMENT_MASTER_KEY),),
        description="Master keys, 32 bytes in base64url each, comma-separated: the first seals, "
        "all of them open. `tra keys master` makes one.",
    )
    operator_name: str = Field(
        "Tra",
        min_length=1,
        max_length=64,
        description="Who runs the signing service, as its own certificates and its trusted list "
        "say. It cannot be changed in those that exist.",
    )
    operator_name_km: str = Field(
        "ត្រា", min_length=1, description="The same in Khmer, for the trusted list."
    )
    operator_identifier: str = Field(
        "GA:KH-tra",
        description="The operator's identifier (EN 319 412-1 §5.1.4), as `NTRKH-…` or `GA:KH-…`.",
    )
    operator_address: tuple[str, str, str] = Field(
        ("Preah Norodom Boulevard", "Phnom Penh", "120211"),
        description="Street, locality and postal code of the operator, for the trusted list: a "
        "JSON list in the environment.",
    )
    operator_contact: str = Field(
        "mailto:trust@example.com",
        description="Where the operator is reached, a `mailto:` or `https:` URI, for the trusted "
        "list.",
    )
    trust: List = Field(
        (),
        description="Whose signatures are recognised besides our own, comma-separated: files of "
        "PEM or DER certificates, trusted lists (TS 119 612), or folders of such files, with fresh "
        "CRLs and OCSP answers of theirs. Read again every minute.",
    )
    trust_signer: Path | None = Field(
        None, description="The certificate that trusted lists in `trust` have to be signed with."
    )
    own_root: bool = Field(
        default=True,
        description="Whether the signing service makes its root certificate and keeps its key. "
        "Off: root and issuing certificate come from a ceremony or from a national root "
        "(`tra ca request`, `tra ca install`).",
    )
    issuing_lines: dict[Purpose, str] = Field(
        {},
        description="Which certificates have an issuing authority of their own, and what it is "
        'called: `timestamp = "Time-Stamp"` makes a “Tra Time-Stamp CA” beside the “Tra Issuing '
        "CA” that issues all others (`seal`, `signature`, `timestamp`).",
    )
    tokens: dict[Purpose, str] = Field(
        {},
        description="Whose private keys are made in a PKCS#11 token: `purpose = "
        '"pkcs11:token=LABEL?module-path=FILE&pin-source=FILE"` (RFC 7512), purposes being '
        "`token`, `audit`, `root`, `issuing`, `seal`, `timestamp`, `ocsp`, `list`, `report`; in "
        "the environment, a JSON object. Those of other purposes are sealed in the database; keys "
        "that exist stay where they are.",
    )
    time_sources: List = Field(
        (),
        description="Who is asked whether this machine's clock is right, comma-separated: NTP "
        "servers (`host` or `host:port`), and `kernel` for what keeps this machine's clock. Most "
        "of them have to agree, so name three; while they do not, no time-stamps are made. "
        "Production demands at least one.",
    )
    outbound_allowed: List = Field(
        (),
        description="`host:port` pairs, comma-separated, that the services may reach although they "
        "are not public addresses, and by plain http.",
    )
    outbound_ca_bundle: Path | None = Field(
        None, description="Extra trust for outbound TLS: a file of PEM certificates."
    )
    client_keys_again_seconds: int = Field(
        60, ge=1, le=900, description="How soon a client's keys at its jwks_uri are fetched again."
    )
    trusted_proxies: List = Field(
        ("127.0.0.1",),
        description="Addresses or networks of the edge, comma-separated: the client's address "
        "and certificate are taken from their headers, and from nobody else's.",
    )
    token_key_days: int = Field(
        90,
        ge=0,
        le=3_650,
        description="How long a key signs tokens before its successor does. 0: until `tra keys "
        "rotate` is run.",
    )
    policy: str = Field(
        policies.DEFAULT,
        description="The validation policy that verdicts are given by: one that comes with the "
        "service (`tra-2`, `tra-2-strict`, `tra-2-next-update`), or a file. Published under "
        "/policies/.",
    )
    processes: int = Field(1, ge=1, le=64, description="Worker processes of a service.")
    database_threads: int = Field(2, ge=1, le=32, description="Writers, and readers, of a process.")
    slow_threads: int = Field(
        2, ge=1, le=64, description="Threads for what takes long: argon2id, PDF signing, checking."
    )
    development_hooks: bool = Field(
        default=False,
        description="Development only: `POST /development/ciba` decides CIBA requests in the place "
        "of a person. Refused in production.",
    )
    throttle_loopback: bool = Field(
        default=True,
        description="Development only: `false` lets this machine try as often as it likes, for "
        "test suites. Refused in production.",
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator(
        "outbound_allowed", "master_keys", "time_sources", "trust", "trusted_proxies", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("issuer", "mtls_url", "signing_url", "pki_url")
    @classmethod
    def _check_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        plain = not (parts.query or parts.fragment or parts.username)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
            raise ValueError("is an http(s) URL without query, fragment or user name")
        if value.endswith("/"):
            raise ValueError("has no slash at its end")
        return value

    @field_validator("master_keys")
    @classmethod
    def _check_master_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in value:
            parse_master_key(key.get_secret_value())
        return value

    @field_validator("time_sources")
    @classmethod
    def _check_sources(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for source in value:
            parse_source(source)
        return value

    @field_validator("tokens")
    @classmethod
    def _check_tokens(cls, value: dict[Purpose, str]) -> dict[Purpose, str]:
        for address in value.values():
            parse_address(address)
        return value

    @field_validator("issuing_lines")
    @classmethod
    def _check_lines(cls, value: dict[Purpose, str]) -> dict[Purpose, str]:
        for purpose, line in value.items():
            if purpose not in LINED or not 0 < len(line) <= 40:
                raise ValueError(f"{purpose} = {line!r} is no line")
        return value

    @field_validator("policy")
    @classmethod
    def _check_policy(cls, value: str) -> str:
        try:
            policies.choose(value)
        except OSError as error:
            raise ValueError(f"is no policy of ours, and no file: {error}") from error
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value

    @model_validator(mode="after")
    def _check_production(self) -> Self:
        if self.environment is not Environment.PRODUCTION:
            return self
        wrong = [
            f"{name} must be https"
            for name in ("issuer", "mtls_url", "signing_url")
            if not (getattr(self, name) or "https://").startswith("https://")
        ]
        if DEVELOPMENT_MASTER_KEY in (key.get_secret_value() for key in self.master_keys):
            wrong.append("master_keys still holds the development key: run `tra keys master`")
        if urlsplit(self.pki_url or self.signing_url).hostname in {"localhost", "127.0.0.1"}:
            wrong.append("pki_url must lead here from elsewhere: certificates name it for ever")
        if not self.time_sources:
            wrong.append("time_sources must name who tells whether the clock is right")
        if self.development_hooks:
            wrong.append("development_hooks must be off")
        if not self.throttle_loopback:
            wrong.append("throttle_loopback must be on")
        if wrong:
            raise ValueError("in production: " + "; ".join(wrong))
        return self

    @property
    def development(self) -> bool:
        return self.environment is Environment.DEVELOPMENT

    @property
    def sealer(self) -> Sealer:
        return Sealer([parse_master_key(key.get_secret_value()) for key in self.master_keys])

    @property
    def custody(self) -> Custody:
        """Where private keys live."""
        tokens = {address: Token(parse_address(address)) for address in set(self.tokens.values())}
        return Custody(
            self.sealer, {purpose: tokens[address] for purpose, address in self.tokens.items()}
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the interface's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        config = os.environ.get("TRA_CONFIG")
        if config is None:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(config))


def child_environment(config: Path) -> dict[str, str]:
    """The environment of a child process that takes its settings from `config` alone."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TRA_")}
    return {**ours, "TRA_CONFIG": str(config)}


class _OfEnvironment(Settings):
    """The settings without the file that TRA_CONFIG names."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # the interface's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings


def environment() -> Settings:
    """What the environment alone says."""
    return _OfEnvironment()


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
