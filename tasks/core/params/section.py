"""The base class of every section of params.yaml, and the ranges that several sections use."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(gt=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A section of params.yaml: its values are constant after loading, unknown keys are errors.

    A value must have the type of its field: `true` is no number and "3" is text. A whole number may
    stand for a float.
    """

    # Built on first use: all classes are imported, and a program validates few of them by itself
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)
