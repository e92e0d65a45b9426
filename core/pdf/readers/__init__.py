"""PDF readers: bytes -> pages of words and rulings, one contract for both.

`pdfium.read_pages` is the reader; `plumber.read_pages` is the reference, slower, tried when the first finds no table.
Both raise Encrypted, Damaged or TooLarge, and nothing else for bad input.
"""
