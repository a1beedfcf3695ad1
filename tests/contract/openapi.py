"""Check what is sent and answered against a vendor's own model: OpenAPI 3.0 or Swagger 2.0."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

Schema = dict[str, Any]
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
WHOLE_NUMBERS = {"int32": 2**31, "int64": 2**63}
# What JSON Schema and OpenAPI both have, with the same meaning.
KEPT = (
    "type",
    "enum",
    "required",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "format",
)
FORMATS = FormatChecker(formats=())


@FORMATS.checks("uuid")
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or UUID_FORM.fullmatch(value) is not None


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value)) and len(value) > 10


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


def validate_answer(
    spec: Schema, method: str, path_template: str, status: int, body: Any, *, nulls_allowed: bool = False
) -> None:
    """Raise jsonschema.ValidationError when an answer does not fit the operation's model.

    `nulls_allowed` is for a vendor whose model never says that a member may be null although his
    answers hold nulls. Raise AssertionError when the model knows no such answer.
    """
    responses = _operation(spec, method, path_template)["responses"]
    assert str(status) in responses, f"{method} {path_template} has no answer {status}"
    response = _resolved(spec, responses[str(status)])
    schema = response.get("schema") or _json_schema(response)
    if schema is not None:
        _check(spec, schema, body, nulls_allowed)


def validate_request(spec: Schema, method: str, path_template: str, body: Any, *, nulls_allowed: bool = False) -> None:
    """Raise jsonschema.ValidationError when a request's body does not fit the operation's model."""
    operation = _operation(spec, method, path_template)
    if "requestBody" in operation:
        schema = _json_schema(_resolved(spec, operation["requestBody"]))
    else:
        parameters = [_resolved(spec, each) for each in operation.get("parameters", [])]
        schema = next((each["schema"] for each in parameters if each["in"] == "body"), None)
    assert schema is not None, f"{method} {path_template} takes no body"
    _check(spec, schema, body, nulls_allowed)


def _operation(spec: Schema, method: str, path_template: str) -> Schema:
    operations = spec["paths"].get(path_template)
    assert operations is not None, f"the model has no path {path_template}"
    operation = operations.get(method.lower())
    assert operation is not None, f"the model has no {method} on {path_template}"
    return dict(operation)


def _json_schema(holder: Schema) -> Schema | None:
    content = holder.get("content", {})
    return content["application/json"].get("schema") if "application/json" in content else None


def _check(spec: Schema, schema: Schema, body: Any, nulls_allowed: bool) -> None:
    converted = _converted(spec, schema, nulls_allowed, ())
    Draft202012Validator(converted, format_checker=FORMATS).validate(body)


def _resolved(spec: Schema, node: Schema) -> Schema:
    while "$ref" in node:
        target: Any = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def _converted(spec: Schema, schema: Schema, nulls_allowed: bool, above: tuple[str, ...]) -> Schema:
    """Return a self-contained JSON schema; a model that contains itself is not followed a second time."""
    reference = schema.get("$ref")
    if reference is not None:
        if reference in above:
            return {}
        return _converted(spec, _resolved(spec, schema), nulls_allowed, (*above, reference))
    merged = _merged(spec, schema)
    result = {name: merged[name] for name in KEPT if name in merged}
    if merged.get("format") in WHOLE_NUMBERS:
        limit = WHOLE_NUMBERS[merged["format"]]
        result.setdefault("minimum", -limit)
        result.setdefault("maximum", limit - 1)
    if "properties" in merged:
        result["properties"] = {
            name: _converted(spec, each, nulls_allowed, above) for name, each in merged["properties"].items()
        }
        result["additionalProperties"] = False
    further = merged.get("additionalProperties")
    if further is not None:
        result["additionalProperties"] = (
            _converted(spec, further, nulls_allowed, above) if isinstance(further, dict) else further
        )
    if "items" in merged:
        result["items"] = _converted(spec, merged["items"], nulls_allowed, above)
    for name in ("oneOf", "anyOf"):
        if name in merged:
            result[name] = [_converted(spec, each, nulls_allowed, above) for each in merged[name]]
    if nulls_allowed or merged.get("nullable") or merged.get("x-nullable"):
        return {"anyOf": [{"type": "null"}, result]}
    return result


def _merged(spec: Schema, schema: Schema) -> Schema:
    """Fold the parts of an allOf into one schema, so that unknown members can be refused."""
    if "allOf" not in schema:
        return schema
    merged: Schema = {name: value for name, value in schema.items() if name != "allOf"}
    for part in schema["allOf"]:
        resolved = _merged(spec, _resolved(spec, part))
        for name, value in resolved.items():
            if name == "properties":
                merged[name] = {**value, **merged.get(name, {})}
            elif name == "required":
                merged[name] = [*merged.get(name, []), *value]
            else:
                merged.setdefault(name, value)
    return merged
