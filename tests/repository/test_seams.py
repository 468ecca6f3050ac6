"""Nobody in ocppfw says Any where a seam of ``interfaces`` is meant."""

import ast

import pytest

SEAMS = {"station", "host", "peer", "connection"}


def untyped(source):
    """What is annotated with Any although it is a station, a host, a peer or a connection."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg):
            name, annotation = node.arg, node.annotation
        elif isinstance(node, ast.AnnAssign):
            target = node.target
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            annotation = node.annotation
        else:
            continue
        words = {each.id for each in ast.walk(annotation or node) if isinstance(each, ast.Name)}
        if name.strip("_").removesuffix("s") in SEAMS and annotation and "Any" in words:
            yield f"{node.lineno}: {name}: {ast.unparse(annotation)}"


def test_seams_are_typed(root):
    found = [
        f"{path.relative_to(root)}:{each}"
        for path in sorted((root / "ocppfw").rglob("*.py"))
        for each in untyped(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(peer: Any): pass", ["1: peer: Any"]),
        ("async def f(*, station: Any | None = None): pass", ["1: station: Any | None"]),
        ("class A:\n    host: Any", ["2: host: Any"]),
        ("def f(self):\n    self._connection: Any = None", ["2: _connection: Any"]),
        ("stations: Sequence[Any] = ()", ["1: stations: Sequence[Any]"]),
        ("def f(peer: Peer, text: Any, station): pass\nport: Any = None", []),
        ("def f(answered: Deferred[Any], peer: Peer) -> Any: pass", []),
    ],
)
def test_a_seam_that_is_not_typed_is_found(source, found):
    assert list(untyped(source)) == found
