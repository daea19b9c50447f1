"""Judges rules files by the schema: one JSON object a line, {"name", "yaml", "valid"}.

    judge.py SCHEMA FOLDER...

Each file is judged as it is. Files of a folder named "good" are also judged in hundreds of variants, each with one
thing that is wrong or of the wrong kind, written out for the parser to judge likewise.
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


def ways(value, way=()):
    """The way to each value, from the outside in."""
    yield way
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from ways(member, way + (key,))


def at(document, way):
    for key in way:
        document = document[key]
    return document


def changed(document, way, change):
    """A copy of the document with the value at the end of the way changed."""
    document = copy.deepcopy(document)
    if not way:
        return change(document)
    parent = at(document, way[:-1])
    parent[way[-1]] = change(parent[way[-1]])
    return document


def without(document, way):
    document = copy.deepcopy(document)
    del at(document, way[:-1])[way[-1]]
    return document


def choices(schema):
    """Every word that the schema lists anywhere, and numbers at the ends of its ranges."""
    words = {word for way in ways(schema) if way[-1:] == ("enum",) for word in at(schema, way)}
    return sorted(words) + [-1, 0, 1, 128, 129, 1_000_000_000, 1_000_000_001]


# Keys whose values are one of a few words, or a number.
CHOSEN = {"method", "matching", "algorithm", "mode", "on_store_failure", "proxy_header", "ignore_in_paths", "ipv6_prefix",
          "cost"}


def variants(document, schema):
    """Names and documents that differ from this one in one place."""
    replacements = {"an empty text": "", "an empty list": [], "an empty mapping": {}, "a list of lists": [["x"]],
                    "a mapping with a strange key": {"strange key": "x"}, "nothing": None}
    for way in ways(document):
        place = ".".join(str(key) for key in way) or "the top"
        for name, replacement in replacements.items():
            yield f"{name} at {place}", changed(document, way, lambda _: replacement)
        value = at(document, way)
        if way and way[-1] in CHOSEN and not isinstance(value, list):
            for choice in choices(schema):
                yield f"{choice} at {place}", changed(document, way, lambda _: choice)
        if isinstance(value, dict):
            yield f"a strange key in {place}", changed(document, way, lambda old: {**old, "strange key": {}})
        if isinstance(value, str):
            for mark in ("?", " ", "/../x", "*", "é"):
                yield f"{mark!r} behind {place}", changed(document, way, lambda old: old + mark)
        # A policy, a plan or a member of a list may be left out as far as a schema knows.
        if way and isinstance(at(document, way[:-1]), dict) and "policies" not in way[-2:-1]:
            yield f"no {place}", without(document, way)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.Draft7Validator(schema)
    validator.check_schema(schema)
    for path in sorted(path for folder in sys.argv[2:] for path in pathlib.Path(folder).glob("*.yaml")):
        try:
            document = yaml.safe_load(path.read_bytes())
        except (yaml.YAMLError, UnicodeError, RecursionError):
            # What is no YAML has no schema.
            continue
        cases = [(path.name, path.read_text(encoding="utf-8"), document)]
        if path.parent.name == "good":
            for name, variant in variants(document, schema):
                # JSON is YAML, and much faster to write.
                cases.append((f"{path.name}: {name}", json.dumps(variant, ensure_ascii=False), variant))
        for name, text, value in cases:
            print(json.dumps({"name": name, "yaml": text, "valid": validator.is_valid(value)}))


main()
