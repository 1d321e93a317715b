"""What every section of params.yaml shares: values that cannot change, and no unknown keys."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(gt=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A section of params.yaml: values cannot change after loading, unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
