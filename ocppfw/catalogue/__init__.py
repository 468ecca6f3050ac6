"""What each version of OCPP says: operations, directions, payloads, examples, secrets.

Importing this package reads no definition file; ``load_catalogue`` does.
"""

from __future__ import annotations

from ocppfw.catalogue.actions import FeatureProfile
from ocppfw.catalogue.catalogue import (
    Catalogue,
    Form,
    Operation,
    PayloadSchema,
    hook_name,
    load_catalogue,
)
from ocppfw.catalogue.fields import Field
from ocppfw.catalogue.redaction import mentions_secret, redact
from ocppfw.errors import Violation, ViolationKind

__all__ = [
    "Catalogue",
    "FeatureProfile",
    "Field",
    "Form",
    "Operation",
    "PayloadSchema",
    "Violation",
    "ViolationKind",
    "hook_name",
    "load_catalogue",
    "mentions_secret",
    "redact",
]
