"""What makes a newer schema of an event unable to read what an older one has written, or tell less than it did."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def breaks(before: Schema, after: Schema) -> list[str]:
    """Each way in which `after` breaks what `before` has promised; empty when it only grew."""
    return list(_breaks(before, after, before, after, ""))


def _breaks(old: Schema, new: Schema, old_root: Schema, new_root: Schema, at: str) -> Iterator[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    if "anyOf" in old or "anyOf" in new:
        yield from _breaks_of_any(old, new, old_root, new_root, at)
        return
    yield from (f"{at or '/'}: the value {value} is no longer known" for value in _lost_values(old, new))
    if old.get("type") != new.get("type") and not (old.get("type") == "integer" and new.get("type") == "number"):
        if "type" in new:
            yield f"{at or '/'}: {old.get('type')} has become {new.get('type')}"
        return
    yield from (f"{at or '/'}: {what}" for what in _tighter(old, new))
    for name in sorted(set(new.get("required", [])) - set(old.get("required", []))):
        yield f"{at}/{name}: is now required"
    for name, schema in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{at}/{name}: is no longer there"
        else:
            yield from _breaks(schema, new["properties"][name], old_root, new_root, f"{at}/{name}")
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
            yield from _breaks(old[part], new[part], old_root, new_root, f"{at}/{part}")


def _lost_values(old: Schema, new: Schema) -> list[Any]:
    known = new.get("enum", [new["const"]] if "const" in new else None)
    had = old.get("enum", [old["const"]] if "const" in old else [])
    return [value for value in had if known is not None and value not in known]


def _tighter(old: Schema, new: Schema) -> Iterator[str]:
    for rule, is_tighter in _BOUNDS.items():
        if rule in new and (rule not in old or is_tighter(old[rule], new[rule])):
            yield f"{rule} is tighter"
    for rule in ("pattern", "format"):
        if rule in new and new[rule] != old.get(rule):
            yield f"the {rule} is another one"


def _breaks_of_any(old: Schema, new: Schema, old_root: Schema, new_root: Schema, at: str) -> Iterator[str]:
    """Each alternative of old must be one that new reads."""
    for one in old.get("anyOf", [old]):
        readings = [list(_breaks(one, other, old_root, new_root, at)) for other in new.get("anyOf", [new])]
        if readings and all(readings):
            yield min(readings, key=len)[0]


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


_BOUNDS = {
    "minimum": lambda old, new: new > old,
    "maximum": lambda old, new: new < old,
    "minLength": lambda old, new: new > old,
    "maxLength": lambda old, new: new < old,
    "minItems": lambda old, new: new > old,
    "maxItems": lambda old, new: new < old,
}
