"""What stands in the prompt for a line that is too long to be drawn anew with every key."""

from __future__ import annotations

from prompt_toolkit.formatted_text import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput

_LONGEST = 2000  # characters that are shown as they are
_END = 500  # characters that are shown of either end of a longer line


class Abbreviated(Processor):
    """Shows the beginning and the end of a long line, which stays what it is.

    What was pasted may have a million characters; to draw them takes seconds.
    """

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """The line as it is shown, and which of its places are where."""
        fragments = transformation_input.fragments
        text = fragment_list_to_text(fragments)
        if len(text) <= _LONGEST:
            return Transformation(fragments)
        gap = f" … {len(text) - 2 * _END:,} more characters … "
        shown = [("", text[:_END]), ("reverse", gap), ("", text[-_END:])]
        longer = len(text) - 2 * _END - len(gap)  # than what is shown

        def to_shown(place: int) -> int:
            return place if place < _END else max(place - longer, _END)

        def to_source(place: int) -> int:
            return place if place < _END else max(place + longer, _END)

        return Transformation([*shown], to_shown, to_source)
