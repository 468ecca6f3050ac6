"""The exceptions of docgen; for definitions that cannot be read there is ``CatalogueError``."""

from ocppfw.errors import OcppfwError


class OutputError(OcppfwError):
    """The output folder cannot be used; the text says why."""
