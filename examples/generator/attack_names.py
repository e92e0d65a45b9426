"""Attacks by what a file names: itself, absurd pages, paths, programs."""

from __future__ import annotations

from .raw import Objects, one_page

PROBE_PATH = "/tmp/tukscal-cmap-probe"  # noqa: S108 - a reader must never open it


def xref_loop() -> bytes:
    """A cross-reference table that names itself as the previous one."""
    return one_page(Objects(), [], prev_is_self=True)


def label_loop() -> bytes:
    """Trees of page labels and of names that have themselves as kid."""
    objects = Objects()
    labels, names = objects.reserve(), objects.reserve()
    objects.put(labels, b"<< /Limits [0 9] /Kids [%d 0 R] >>" % labels)
    objects.put(names, b"<< /Limits [(a) (z)] /Kids [%d 0 R] >>" % names)
    catalogue = b"/PageLabels %d 0 R /Names << /Dests %d 0 R >> " % (labels, names)
    return one_page(objects, [], catalogue=catalogue)


def huge_page() -> bytes:
    """A page of a thousand million points each way."""
    return one_page(Objects(), [], media_box=b"[0 0 1000000000 1000000000]")


def overflowing_page() -> bytes:
    """A page whose corners no number type holds."""
    return one_page(Objects(), [], media_box=b"[-%s 0 %s %s]" % (b"9" * 40, b"9" * 400, b"9" * 40))


def cmap_path() -> bytes:
    """A font whose encoding names an absolute path (CVE-2025-64512 opens PATH.pickle.gz)."""
    objects = Objects()
    descendant = b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) "
    descendant += b"/Ordering (Identity) /Supplement 0 >> >>"
    encoding = PROBE_PATH.replace("/", "#2F").encode()
    font = b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /%s /DescendantFonts [%s] >>"
    number = objects.add(font % (encoding, descendant))
    content = objects.stream(b"BT /F9 12 Tf 36 500 Td <00410042> Tj ET")
    return one_page(objects, [content], fonts=b"/F9 %d 0 R " % number)


def javascript() -> bytes:
    """JavaScript run on opening, and an embedded program whose name leaves the folder."""
    objects = Objects()
    program = objects.stream(b"MZ not a program", b"/Type /EmbeddedFile ")
    name = rb"(..\\..\\a.exe)"
    attached = b"<< /Type /Filespec /F %s /UF %s /EF << /F %d 0 R >> >>" % (name, name, program)
    catalogue = b"/OpenAction << /S /JavaScript /JS (app.launchURL\\(\\'http://127.0.0.1:9/\\'\\);) >> "
    catalogue += b"/Names << /EmbeddedFiles << /Names [(a) %s] >> >> " % attached
    return one_page(objects, [], catalogue=catalogue)
