"""Ways to hurt a container: by its entries, by what ZIP says of them, and by what is in them."""

from io import BytesIO
from random import Random
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from tests.fuzz.ways import asn1, octets, xml
from tests.fuzz.ways.octets import Mutated, Way

Entry = tuple[ZipInfo, bytes]

_NAMES = (
    *("META-INF/x.xml", "META-INF/signature.p7s", "META-INF/signatures.xml", "x", "META-INF/"),
    *("META-INF/ASiCManifest009.xml", "META-INF/signature009.p7s", "mimetype", "META-INF/x.tst"),
)


def _entries(document: bytes) -> list[Entry]:
    with ZipFile(BytesIO(document)) as found:
        return [(one, found.read(one)) for one in found.infolist()]


def _written(entries: list[Entry], comment: bytes = b"") -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as made:
        made.comment = comment
        for one, content in entries:
            made.writestr(one, content)
    return out.getvalue()


def _again(one: ZipInfo, name: str | None = None) -> ZipInfo:
    entry = ZipInfo(name or one.filename, one.date_time)
    entry.create_system, entry.external_attr = one.create_system, one.external_attr
    return entry


def change_what_is_said_of_an_entry(document: bytes, dice: Random) -> Mutated:
    entries = _entries(document)
    one, _ = dice.choice(entries)
    way = dice.choice(("time", "mode", "extra", "comment", "packed", "system", "of all"))
    if way == "time":
        one.date_time = (2026, 1, dice.randrange(1, 28), 0, 0, 0)
    elif way == "mode":
        one.external_attr ^= 1 << dice.randrange(32)
    elif way == "extra":
        one.extra = b"\xfe\xca\x01\x00x"
    elif way == "comment":
        one.comment = b"x"
    elif way == "packed":
        one.compress_type = ZIP_DEFLATED
    elif way == "system":
        one.create_system = 0
    return f"{one.filename} {way}", _written(entries, b"x" if way == "of all" else b"")


def change_the_entries(document: bytes, dice: Random) -> Mutated:
    entries = [(_again(one), content) for one, content in _entries(document)]
    number = dice.randrange(len(entries))
    one, content = entries[number]
    way = dice.choice(("cut", "repeat", "order", "name", "add", "add a copy", "swap contents"))
    if way == "cut":
        del entries[number]
    elif way == "repeat":
        entries.append((_again(one), content))
    elif way == "order":
        dice.shuffle(entries)
    elif way == "name":
        entries[number] = (_again(one, dice.choice((*_NAMES, one.filename + "x"))), content)
    elif way == "add":
        entries.insert(number, (ZipInfo(dice.choice(_NAMES)), dice.choice((b"", b"x", b"<x/>"))))
    elif way == "add a copy":
        entries.append((_again(one, dice.choice(_NAMES)), content))
    else:
        other = dice.randrange(len(entries))
        entries[number], entries[other] = (one, entries[other][1]), (entries[other][0], content)
    return f"{one.filename} {way}", _written(entries)


def change_what_is_in_an_entry(document: bytes, dice: Random) -> Mutated:
    """As what it is, the checksum put right."""
    entries = [(_again(one), content) for one, content in _entries(document)]
    number = dice.randrange(1, len(entries))
    if dice.random() < 0.7:  # the signatures above all
        number = dice.choice([n for n, (e, _) in enumerate(entries) if "signature" in e.filename])
    one, content = entries[number]
    kinds: tuple[Way, ...] = octets.WAYS
    if content[:1] == b"\x30":
        kinds = (*asn1.WAYS, *octets.WAYS)
    elif content[:1] == b"<":
        kinds = (*xml.WAYS, *octets.WAYS)
    way = dice.choice(kinds)
    told, changed = way(content, dice)
    entries[number] = (one, changed)
    return f"{one.filename} {way.__name__} {told}", _written(entries)


WAYS: tuple[Way, ...] = (
    change_what_is_said_of_an_entry,
    change_the_entries,
    change_what_is_in_an_entry,
    change_what_is_in_an_entry,
    change_what_is_in_an_entry,
)
