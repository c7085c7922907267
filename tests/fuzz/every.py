"""Every target, by name."""

from tests.fuzz.targets import (
    TARGETS,
    Target,
    asked,
    documents,
    files,
    pages,
    registered,
    reports,
    services,
    tokens,
)

__all__ = [
    "TARGETS",
    "Target",
    "asked",
    "documents",
    "files",
    "pages",
    "registered",
    "reports",
    "services",
    "tokens",
]
