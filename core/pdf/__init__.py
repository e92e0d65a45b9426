"""Bytes of a PDF -> ruled tables of cells."""
