"""Why a table cannot be read, in words, before the path of the file is added."""


class TableUnreadable(Exception):  # noqa: N818 - the table is at fault, not the program
    """The bytes are no table of the kind that the suffix names.

    Args:
        found: What is wrong with it.
        next_step: What its owner can do.
        rule: The rule that is broken.
    """

    def __init__(
        self,
        found: str,
        next_step: str,
        rule: str = "an index must be a whole CSV file in UTF-8, or a whole Parquet file",
    ) -> None:
        self.rule = rule
        self.found = found
        self.next_step = next_step
        super().__init__(found)
