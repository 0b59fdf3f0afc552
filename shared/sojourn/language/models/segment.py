"""The form of a segment: a condition with a name."""

from pydantic import Field

from sojourn.language.conditions import Condition
from sojourn.language.forms import FileForm, optional
from sojourn.language.words import Id, Text


class Segment(FileForm):
    """A condition that journeys and other segments refer to by its id."""

    id: Id = optional(description="The file's name without `.json`.")
    name: Text = optional(description="What people call it.")
    where: Condition = Field(description="Who is in it.")
