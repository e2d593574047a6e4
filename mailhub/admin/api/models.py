"""What all endpoints share: strict input, times and numbers as text, pages of a list, problems."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

T = TypeVar("T")
# JavaScript rounds whole numbers above 2^53, and ours have 63 bits.
Id = Annotated[str, Field(description="A number, as text.", examples=["249671539294208"])]
Time = Annotated[str, Field(description="A moment, RFC 3339.", examples=["2026-11-22T08:05:01.250+07:00"])]
Day = Annotated[str, Field(description="A day, ISO 8601.", examples=["2026-11-22"])]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Answer(BaseModel):
    """What is given back: written by us."""

    model_config = ConfigDict(frozen=True)


class Given(BaseModel):
    """What a program sends. What is not known is refused: a filter misspelt must not list everybody."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Nothing(Given):
    """No query at all."""


class Paged(Given):
    """A page of a list."""

    after: Code | Line = Field(default="", description="`next` of the page before; empty: the first page.")
    limit: Annotated[int, Field(ge=1, le=200)] = Field(default=50, description="Items on a page.")


class Page(Answer, Generic[T]):
    """Some items; `next` is null on the last page."""

    items: tuple[T, ...]
    next: str | None = Field(default=None, description="Give it as `after` to get what follows.")


def _listed(value: object) -> object:
    return tuple(filter(None, value.split(","))) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]  # `a,b` in a query


class FieldFault(Answer):
    """One field that was not understood."""

    field: str
    message: str


class Problem(Answer):
    """What went wrong (RFC 9457). `id` stands in the hub's log as well; `errors` names fields."""

    type: str = Field(examples=["urn:mailhub:problem:not-found"])
    title: str
    status: int
    detail: str = ""
    instance: str = Field(examples=["urn:mailhub:fault:7K4-QW2-M9"])
    id: str = Field(examples=["7K4-QW2-M9"])
    errors: tuple[FieldFault, ...] = ()
