"""Validates rules files against the schema; prints one JSON object per line, {"name", "yaml", "valid"}.

    judge.py SCHEMA FOLDER...

Files in a folder named "good" are also validated in hundreds of variants, each with one value that is wrong or of the
wrong kind. The variants are printed so that the parser can check them, too.
"""
import copy
import json
import os
import pathlib
import sys

# Debian's packages are for Debian's Python, which need not be the first on the path.
DEBIAN = "/usr/bin/python3"

try:
    import jsonschema
    import yaml
except ImportError as error:
    if os.path.exists(DEBIAN) and not os.path.samefile(sys.executable, DEBIAN):
        os.execv(DEBIAN, [DEBIAN, *sys.argv])
    sys.exit(f"judge.py: {error}: run apt-get install python3-jsonschema python3-yaml")


def paths(value, path=()):
    """The path to each value, the outer ones first."""
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from paths(member, path + (key,))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def changed(document, path, change):
    """A copy of the document with the value at this path changed."""
    document = copy.deepcopy(document)
    if not path:
        return change(document)
    parent = at(document, path[:-1])
    parent[path[-1]] = change(parent[path[-1]])
    return document


def without(document, path):
    document = copy.deepcopy(document)
    del at(document, path[:-1])[path[-1]]
    return document


def choices(schema):
    """Every word in an enumeration of the schema, and numbers at the ends of its ranges."""
    words = {word for path in paths(schema) if path[-1:] == ("enum",) for word in at(schema, path)}
    return sorted(words) + [-1, 0, 1, 128, 129, 1_000_000_000, 1_000_000_001]


# Keys whose value is a number or a word from a list.
CHOSEN = {"method", "matching", "algorithm", "mode", "on_store_failure", "proxy_header", "ignore_in_paths", "ipv6_prefix",
          "cost"}


def variants(document, schema):
    """Names and documents, each of which differs from this one in one value."""
    replacements = {"an empty text": "", "an empty list": [], "an empty mapping": {}, "a list of lists": [["x"]],
                    "a mapping with a strange key": {"strange key": "x"}, "nothing": None}
    for path in paths(document):
        place = ".".join(str(key) for key in path) or "the root"
        for name, replacement in replacements.items():
            yield f"{name} at {place}", changed(document, path, lambda _: replacement)
        value = at(document, path)
        if path and path[-1] in CHOSEN and not isinstance(value, list):
            for choice in choices(schema):
                yield f"{choice} at {place}", changed(document, path, lambda _: choice)
        if isinstance(value, dict):
            yield f"a strange key in {place}", changed(document, path, lambda old: {**old, "strange key": {}})
        if isinstance(value, str):
            for mark in ("?", " ", "/../x", "*", "é"):
                yield f"{mark!r} after {place}", changed(document, path, lambda old: old + mark)
        # The schema cannot know whether a policy, a plan or a member of a list may be left out.
        if path and isinstance(at(document, path[:-1]), dict) and "policies" not in path[-2:-1]:
            yield f"no {place}", without(document, path)


def main():
    with open(sys.argv[1], encoding="utf-8") as schema_file:
        schema = json.load(schema_file)
    validator = jsonschema.Draft7Validator(schema)
    validator.check_schema(schema)
    for file in sorted(file for folder in sys.argv[2:] for file in pathlib.Path(folder).glob("*.yaml")):
        try:
            document = yaml.safe_load(file.read_bytes())
        except (yaml.YAMLError, UnicodeError, RecursionError):
            # The schema says nothing about invalid YAML.
            continue
        cases = [(file.name, file.read_text(encoding="utf-8"), document)]
        if file.parent.name == "good":
            for name, variant in variants(document, schema):
                # JSON is YAML, and much faster to write.
                cases.append((f"{file.name}: {name}", json.dumps(variant, ensure_ascii=False), variant))
        for name, text, value in cases:
            print(json.dumps({"name": name, "yaml": text, "valid": validator.is_valid(value)}))


main()
