"""Asking for a PDF's password: never an argument, which everybody on the machine could read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Any

import click


def password_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flag --password; its value is what the person then types, or None."""
    option = click.option(
        "--password", is_flag=True, callback=lambda _ctx, _param, asked: _ask() if asked else None,
        help="Ask for the PDF's password.",
    )  # fmt: skip
    return option(command)


def _ask() -> str:
    """Return the password: typed unseen at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        answer: str = click.prompt("Password", hide_input=True, err=True)
        return answer
    if isinstance(sys.stdin, TextIOWrapper):
        # What is no text in the terminal's encoding opens no PDF, and that is what the person should read.
        sys.stdin.reconfigure(errors="replace")
    return sys.stdin.readline().rstrip("\r\n")
