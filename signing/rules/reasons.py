"""Every way in which the signing service refuses, by stable code."""

from typing import Final

from core.errors import Reason, reason

_HTTP: Final = "RFC 9110"

TOKEN_MISSING = reason(
    "seal_token_missing",
    "invalid_request",
    401,
    "Send the provider's access token: `Authorization: Bearer …`.",
    "RFC 6750 §3",
)
TOKEN_REPEATED = reason(
    "seal_token_repeated",
    "invalid_request",
    400,
    "Send exactly one access token, in the Authorization header and nowhere else.",
    "RFC 6750 §2",
)
TOKEN_INVALID = reason(
    "seal_token_invalid",
    "invalid_token",
    401,
    "The access token is not one that this service accepts: it must be an unexpired at+jwt of our "
    "provider, for this service's URL as audience. Get a new one and send the request again.",
    "RFC 9068 §4",
)
SCOPE_MISSING = reason(
    "seal_scope_missing",
    "insufficient_scope",
    403,
    "The access token lacks the scope `seal`. Ask the provider for a token with it.",
    "RFC 6750 §3.1",
)
AGENCY_WITHOUT_SEAL = reason(
    "agency_without_seal",
    "access_denied",
    403,
    "Your agency has no valid e-seal certificate here. Ask the operator: `tra agencies add`.",
    "ETSI EN 319 411-1 §6.2",
)
PROVIDER_UNREACHABLE = reason(
    "provider_unreachable",
    "temporarily_unavailable",
    503,
    "The provider's keys could not be fetched, so no token can be checked. Try again shortly.",
    "RFC 9068 §4",
)

IDEMPOTENCY_KEY_INVALID = reason(
    "idempotency_key_invalid",
    "invalid_request",
    400,
    "An Idempotency-Key has 1 to 128 visible ASCII characters: a fresh UUID is a good one.",
    "draft-ietf-httpapi-idempotency-key-header §2.1",
)
IDEMPOTENCY_KEY_REUSED = reason(
    "idempotency_key_reused",
    "invalid_request",
    422,
    "This Idempotency-Key was used for another document, or for another seal of the same one. Use "
    "a fresh one for each.",
    "draft-ietf-httpapi-idempotency-key-header §2.6",
)
SEAL_IN_PROGRESS = reason(
    "seal_in_progress",
    "conflict",
    409,
    "This document is being sealed under this Idempotency-Key. Send the same request again after "
    "the seconds in Retry-After.",
    "draft-ietf-httpapi-idempotency-key-header §2.6",
)
SEAL_ANSWERED = reason(
    "seal_answered",
    "conflict",
    409,
    "This seal was answered more than a day ago and can no longer be fetched. Use the sealed "
    "document that you have, or a fresh Idempotency-Key.",
    "draft-ietf-httpapi-idempotency-key-header §2.6",
)

DOCUMENT_MISSING = reason(
    "document_missing",
    "invalid_request",
    400,
    "Send the document as the body, or as the field `document` of a form.",
    _HTTP + " §15.5.1",
)
FORMAT_NOT_NAMED = reason(
    "format_not_named",
    "invalid_request",
    415,
    "Send a PDF or JSON with its Content-Type, or say which seal you want for other documents: "
    "`?format=cades`.",
    _HTTP + " §15.5.16",
)
FORMAT_UNKNOWN = reason(
    "format_unknown",
    "invalid_request",
    400,
    "The format is not one that is offered. The API's description lists them.",
    "ETSI EN 319 142-1, EN 319 122-1, EN 319 162-1, TS 119 182-1",
)
LEVEL_NOT_OFFERED = reason(
    "level_not_offered",
    "invalid_request",
    400,
    "The format is not offered at this level. The levels are B-B, B-T, B-LT (where none is named) "
    "and B-LTA; the API's description lists what goes together.",
    "ETSI EN 319 102-1 §4.3",
)
FORMAT_TAKES_ONE_FILE = reason(
    "format_takes_one_file",
    "invalid_request",
    400,
    "This format seals one file. Send one, or seal all of them in a container: `?format=asic-e`.",
    "ETSI EN 319 162-1 §4.4",
)
FILE_NAME_INVALID = reason(
    "file_name_invalid",
    "invalid_request",
    400,
    "A file in a container needs a plain name: send a form (multipart/form-data) whose fields "
    "`document` each have a `filename` that is relative, has no `..`, no control characters and "
    'none of `\\ : * ? " < > |`, and begins neither with META-INF nor mimetype.',
    "ETSI EN 319 162-1 Annex A.1",
)
FILE_NAME_REPEATED = reason(
    "file_name_repeated",
    "invalid_request",
    400,
    "Two files have the same name, or names that look the same.",
    "ETSI EN 319 162-1 Annex A.1",
)
FORMAT_NEEDS_DOCUMENT = reason(
    "format_needs_document",
    "invalid_request",
    400,
    "This format cannot be made of a digest. Ask for `cades` or `pades`, or send the document.",
    "ETSI EN 319 122-1 §4",
)
HASH_NOT_SUPPORTED = reason(
    "hash_not_supported",
    "invalid_request",
    400,
    "The hash must be the one that the seal is made with: `sha256`.",
    "RFC 5652 §5.4",
)
DIGEST_MALFORMED = reason(
    "digest_malformed",
    "invalid_request",
    400,
    "Send an object of strings: `hash` is `sha256`, `digest` has 64 lower-case hex digits.",
    "RFC 8259 §4",
)
NOT_JSON_TYPE = reason(
    "content_type_not_json",
    "invalid_request",
    415,
    "Send the digest as JSON, with `Content-Type: application/json`.",
    _HTTP + " §15.5.16",
)
POLICY_UNKNOWN = reason(
    "policy_unknown",
    "invalid_request",
    400,
    "`policy` is the name of a validation policy that the service publishes: `GET /policies` lists "
    "them. Left out, the service's own decides.",
    "ETSI EN 319 102-1 §5.1.4",
)
NO_SIGNED_REVISION = reason(
    "no_signed_revision",
    "invalid_document",
    422,
    "This document has no signature of that name whose signed revision can be told: see `revision` "
    "in the report of `POST /verify`.",
    "ISO 32000-2 §12.8.1",
)
NOT_DRAWN = reason(
    "document_not_drawn",
    "invalid_document",
    422,
    "The document's pages could not be drawn. Fetch the signed revision instead, and open it in a "
    "reader.",
    "ISO 32000-2 §8",
)
TOO_MANY_DOCUMENTS = reason(
    "too_many_documents",
    "invalid_request",
    413,
    "Send at most 20 documents at once, 25 MB in all.",
    _HTTP + " §15.5.14",
)
DOCUMENT_TOO_LARGE = reason(
    "document_too_large",
    "invalid_request",
    413,
    "The document is larger than 25 MB. Make it smaller: images at 150 to 300 dpi are enough.",
    _HTTP + " §15.5.14",
)


def _refused(code: str, hint: str, rule: str = "ISO 32000-2") -> Reason:
    return reason(code, "invalid_document", 422, hint, rule)


NOT_A_PDF = _refused(
    "not_a_pdf", "The document is not a PDF: it does not begin with `%PDF-`.", "ISO 32000-2 §7.5.2"
)
PDF_BROKEN = _refused(
    "pdf_broken",
    "The PDF's structure is damaged. Save it again, or repair it with `qpdf IN.pdf OUT.pdf`.",
    "ISO 32000-2 §7.5",
)
PDF_TOO_COMPLEX = _refused(
    "pdf_too_complex",
    "The PDF has more objects than can be checked, or nests them too deep. Print it to a new PDF.",
    "ISO 32000-2 §7.5",
)
PDF_ENCRYPTED = _refused(
    "pdf_encrypted",
    "The PDF is encrypted. Save it without a password and without restrictions.",
    "ISO 32000-2 §7.6",
)
PDF_JAVASCRIPT = _refused(
    "pdf_javascript",
    "The PDF has JavaScript, which can change what a reader sees. Print it to a new PDF.",
    "ISO 32000-2 §12.6.4.17",
)
PDF_ACTION = _refused(
    "pdf_action",
    "The PDF has an action that starts a program, sends a form or changes what is seen. "
    "Print it to a new PDF.",
    "ISO 32000-2 §12.6.4",
)
PDF_XFA = _refused(
    "pdf_xfa",
    "The PDF has an XFA form, which is drawn anew by each reader. Print it to a new PDF.",
    "ISO 32000-2 Annex K",
)
PDF_FORM_FIELDS = _refused(
    "pdf_form_fields",
    "The PDF has form fields that can still be filled in. Flatten it first: `tra seal --flatten`.",
    "ISO 32000-2 §12.7",
)
PDF_EMBEDDED_FILES = _refused(
    "pdf_embedded_files",
    "The PDF carries other files. Remove the attachments, and seal each by itself.",
    "ISO 32000-2 §7.11.4",
)
PDF_MEDIA = _refused(
    "pdf_media",
    "The PDF has film, sound, 3D or a screen annotation. Print it to a new PDF.",
    "ISO 32000-2 §13",
)
PDF_HIDDEN_OBJECTS = _refused(
    "pdf_hidden_objects",
    "The PDF has pages or drawings that nothing refers to: a reader could be shown them later. "
    "Rewrite it with `qpdf IN.pdf OUT.pdf`.",
    "ISO 32000-2 §7.5",
)
PDF_MIXED_REFERENCES = _refused(
    "pdf_mixed_references",
    "The PDF has two tables of objects that need not agree (hybrid cross-references). "
    "Rewrite it with `qpdf IN.pdf OUT.pdf`.",
    "ISO 32000-2 §7.5.8.4",
)
PDF_LOCKED = _refused(
    "pdf_locked",
    "The document's first signature allows no further ones (DocMDP P=1).",
    "ISO 32000-2 §12.8.2.2",
)
PDF_SIGNED_UNCERTIFIED = _refused(
    "pdf_signed_uncertified",
    "The document has a signature that does not say what may follow it. Seal first, then let "
    "others sign.",
    "ISO 32000-2 §12.8.2.2",
)
PDF_SIGNATURE_INVALID = _refused(
    "pdf_signature_invalid",
    "A signature in the document does not pass, so no seal is put beside it.",
    "ETSI EN 319 102-1 §5",
)
NOT_JSON = _refused(
    "not_json",
    "The document is not JSON: UTF-8 without a byte order mark, one value. Other files can be "
    "sealed as `jades-detached`, `cades` or in a container.",
    "RFC 8259 §2, §8.1",
)
JSON_MEMBER_REPEATED = _refused(
    "json_member_repeated",
    "An object has a member twice, and readers differ in which one counts. Remove one.",
    "RFC 8259 §4",
)
JSON_TOO_LARGE = _refused(
    "json_too_large",
    "JSON within a seal has at most 2 MB. Ask for `jades-detached`, or for a container.",
    "ETSI TS 119 182-1 §5.2.8",
)
SIGNATURE_INVALID = reason(
    "signature_invalid",
    "invalid_document",
    422,
    "A signature in what you sent does not pass, so no seal is put beside it.",
    "ETSI EN 319 102-1 §5",
)
SEAL_NOT_PASSING = _refused(
    "seal_not_passing",
    "The seal that was made does not pass our own check, so it was thrown away: nothing is sealed. "
    "Print the document to a new PDF and send that, and report the request id.",
    "ETSI EN 319 102-1 §5",
)
NOT_READY = reason(
    "signing_not_ready",
    "temporarily_unavailable",
    503,
    "The database has not the newest schema (`tra migrate`), the service's own certificates are "
    "not made yet (`tra serve signing` makes them), or its clock is off (`tra clock`).",
    _HTTP + " §15.6.4",
)
TIME_NOT_AVAILABLE = reason(
    "time_not_available",
    "temporarily_unavailable",
    503,
    "The service's clock is off, or could not be checked for too long, so it makes no time-stamps. "
    "Try again in a minute; the operator sees why with `tra clock`.",
    "RFC 3161 §2.4.2",
)
TIME_STAMP_TYPE = reason(
    "content_type_not_timestamp_query",
    "invalid_request",
    415,
    "Send a TimeStampReq with `Content-Type: application/timestamp-query`.",
    "RFC 3161 §3.4",
)
OCSP_TYPE = reason(
    "content_type_not_ocsp_request",
    "invalid_request",
    415,
    "Send an OCSPRequest with `Content-Type: application/ocsp-request`.",
    "RFC 6960 Appendix A.1",
)
