"""The parts of spyne that this room uses, imported so that they work.

spyne 2.14 carries a copy of six that Python 3.12 and later refuse to import modules from. The
real six takes its place; what the copy has besides is added.
"""

from __future__ import annotations

import collections.abc
import sys
import types
import warnings

import six


def _replace_bundled_six() -> None:
    name = "spyne.util.six"
    replacement = types.ModuleType(name)
    vars(replacement).update(vars(six), get_function_name=lambda function: function.__name__)
    sys.modules[name] = replacement
    sys.modules[f"{name}.moves"] = six.moves
    sys.modules[f"{name}.moves.collections_abc"] = collections.abc


_replace_bundled_six()
with warnings.catch_warnings():
    # Python 3.11 and 3.12 have it, for 3.13 there is legacy-cgi.
    warnings.filterwarnings("ignore", "'cgi' is deprecated", DeprecationWarning)
    from spyne import Application, ServiceBase, rpc
    from spyne.interface.xml_schema.parser import XmlSchemaParser
    from spyne.model import (
        AnyUri,
        Boolean,
        ComplexModelBase,
        DateTime,
        Decimal,
        Integer,
        ModelBase,
        Unicode,
        XmlAttribute,
        XmlData,
    )
    from spyne.protocol.soap import Soap12

__all__ = [
    "AnyUri",
    "Application",
    "Boolean",
    "ComplexModelBase",
    "DateTime",
    "Decimal",
    "Integer",
    "ModelBase",
    "ServiceBase",
    "Soap12",
    "Unicode",
    "XmlAttribute",
    "XmlData",
    "XmlSchemaParser",
    "rpc",
]
