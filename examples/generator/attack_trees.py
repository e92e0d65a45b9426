"""Attacks by how pages hang together: page trees without end, and pages without number."""

from __future__ import annotations

from .raw import HEADING, Objects, page, references


def shared_tree(levels: int = 30) -> bytes:
    """A page tree in which each level names the next twice: 2^30 pages of one."""
    objects, top = Objects(), 0
    numbers = [objects.reserve() for _ in range(levels)]
    for level, number in enumerate(numbers):
        top = numbers[level - 1] if level else 0
        kid = numbers[level + 1] if level + 1 < levels else _leaf(objects, number)
        objects.put(number, _node([kid, kid], 2 ** (levels - level), top))
    return _file(objects, numbers[0])


def cyclic_tree() -> bytes:
    """A page tree whose second kid is its own root."""
    objects = Objects()
    root, middle = objects.reserve(), objects.reserve()
    objects.put(root, _node([_leaf(objects, root), middle], 1_000))
    objects.put(middle, _node([root], 1_000, root))
    return _file(objects, root)


def deep_tree(levels: int = 5_000) -> bytes:
    """A page tree with one kid a level."""
    objects = Objects()
    numbers = [objects.reserve() for _ in range(levels)]
    for level, number in enumerate(numbers):
        kid = numbers[level + 1] if level + 1 < levels else _leaf(objects, number)
        objects.put(number, _node([kid], 1, numbers[level - 1] if level else 0))
    return _file(objects, numbers[0])


def many_pages(count: int = 20_000) -> bytes:
    """So many page objects, with one content stream for all."""
    objects = Objects()
    root, content = objects.reserve(), objects.stream(HEADING)
    objects.put(root, _node([objects.add(page(root, [content])) for _ in range(count)], count))
    return _file(objects, root)


def same_page(count: int = 100_000) -> bytes:
    """One page object, named so many times."""
    objects = Objects()
    root = objects.reserve()
    objects.put(root, _node([_leaf(objects, root)] * count, count))
    return _file(objects, root)


def _leaf(objects: Objects, parent: int) -> int:
    return objects.add(page(parent, [objects.stream(HEADING)]))


def _node(kids: list[int], count: int, parent: int = 0) -> bytes:
    up = b"/Parent %d 0 R " % parent if parent else b""
    return b"<< /Type /Pages %s/Count %d /Kids %s >>" % (up, count, references(kids))


def _file(objects: Objects, root: int) -> bytes:
    return objects.file(objects.add(b"<< /Type /Catalog /Pages %d 0 R >>" % root))
