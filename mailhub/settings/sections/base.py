"""What all sections share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """What all sections share: unknown keys are refused, numbers are not read from text, nothing changes later."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_default=True, validate_by_name=True, validate_by_alias=True
    )
