"""Keeps hostile texts from filling the memory with names.

libxml2 keeps every name that it meets for the life of the thread that parses, of elements,
attributes, prefixes and namespaces alike. So only texts made of tags that were seen before, and
as many others as a budget allows, are parsed in our thread. The rest, at about 200 µs each, is
parsed in a thread that ends with it.
"""

from __future__ import annotations

import re
from concurrent.futures import Future
from threading import Thread
from typing import Any

from lxml import etree

_BUDGET = 2 * 1024 * 1024  # bytes of texts with new tags
_TAG = re.compile(rb"<[^>]*>?")
# A tag that ends where it seems to end: not in an attribute, a comment or a CDATA section.
_WHOLE_TAG = re.compile(rb"<[^!](?:[^<>\"']|\"[^<>\"]*\"|'[^<>']*')*+>")


class KnownTags:
    """The tags that were seen before.

    Args:
        budget: how many bytes of texts with other tags may be parsed in our thread.
    """

    def __init__(self, budget: int = _BUDGET) -> None:
        self._budget = budget
        self._tags: set[bytes] = set()

    def admit(self, data: bytes) -> bool:
        """True if a text in UTF-8 may be parsed in our thread."""
        tags = _TAG.findall(data)
        if self._tags.issuperset(tags):
            return True
        if len(data) > self._budget:
            return False
        self._budget -= len(data)
        self._tags.update(filter(_WHOLE_TAG.fullmatch, tags))
        return True


class Malformed(Exception):
    """A text is not XML.

    Attributes:
        reason: what libxml2 says about it.
        faults: libxml2's name of each fault, in their order.
    """

    def __init__(self, reason: str, faults: list[str]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.faults = faults


class SafeParser:
    """Parses texts of which any may be hostile.

    Args:
        known: the tags that were seen before, by whichever parser.
        options: those of ``etree.XMLParser``.
    """

    def __init__(self, known: KnownTags, **options: Any) -> None:
        self._known = known
        self._options = options
        self._parser = etree.XMLParser(**options)

    def parse(self, data: bytes) -> etree._Element:
        """The root element of a text in UTF-8.

        Raises:
            Malformed: it is not XML.
        """
        if self._known.admit(data):
            return _parse(data, self._parser)
        result: Future[etree._Element] = Future()
        thread = Thread(target=self._parse_elsewhere, args=(data, result))
        thread.start()
        thread.join()
        return result.result()

    def _parse_elsewhere(self, data: bytes, result: Future[etree._Element]) -> None:
        try:
            # A parser keeps to the names of the thread that it was made in.
            result.set_result(_parse(data, etree.XMLParser(**self._options)))
        except Exception as error:
            result.set_exception(error)


def _parse(data: bytes, parser: etree.XMLParser) -> etree._Element:
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        # The log of the exception holds the faults of earlier texts, too.
        log: Any = parser.error_log
        raise Malformed(error.msg or "unreadable", [each.type_name for each in log]) from error
