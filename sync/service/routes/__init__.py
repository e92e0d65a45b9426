"""The service's addresses, a module a family, and what the documents they take and return have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RequestBody(BaseModel):
    """A document that is sent; a member nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class AnswerBody(BaseModel):
    """A document that is returned, made of a row with the same names; times are unix seconds."""

    model_config = ConfigDict(from_attributes=True)
