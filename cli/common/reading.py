"""The options shared by the commands that read PDFs: password, time and memory limits, errors as JSON.

A password is asked for and never an argument: every user of the computer can read the arguments of a process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Any

import click

from .failures import json_errors_option
from .values import MemorySize, Seconds


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --password, --timeout, --memory and --json-errors; the first three are its parameters."""
    for option in (
        json_errors_option,
        click.option("--memory", type=MemorySize(), default="1G", help="Memory limit per file.", show_default=True),
        click.option("--timeout", type=Seconds(), default=60.0, help="Time limit per file.", show_default=True),
        _password_option,
    ):
        command = option(command)
    return command


def _password_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flag --password; its value is the password typed, or None."""
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
