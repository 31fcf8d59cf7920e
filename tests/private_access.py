"""Where tests use what the project's code keeps private."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.project_rules import modules
from tests.support.apps import PACKAGES

FOREIGN = {"_meta", "_default_manager", "_base_manager", "_asdict", "_replace", "_commit"}
"""Names of Django and Python; the project's code may have them as well."""

PATCHES = {"setattr", "delattr", "getattr", "setitem", "delitem", "object", "patch"}


def private_access(root: Path) -> list[str]:
    """Tests that call, read or patch a private name of a module that is not their own."""
    trees = {path: ast.parse((root / path).read_text()) for path in modules(root)}
    names = {path: set(_private_names(tree)) for path, tree in trees.items()}
    ours = set().union(*names.values()) - FOREIGN
    return [
        f"{path}:{line} uses {name}; make it public, or test what calls it"
        for path, tree in trees.items()
        if "tests" in path.parts
        for line, name in _used(tree)
        if name in ours - names[path]
    ]


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def _private_names(tree: ast.AST) -> Iterator[str]:
    """What a module defines: functions, methods, classes, variables and attributes of `self`."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found = name
            case ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                found = name
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                found = name
            case _:
                continue
        if _private(found):
            yield found


def _used(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                continue
            case ast.Attribute(attr=name, lineno=line) if _private(name):
                yield line, name
            case ast.ImportFrom(names=names, lineno=line):
                yield from ((line, one.name) for one in names if _private(one.name))
            case ast.Call(func=ast.Attribute(attr=function), args=args, lineno=line):
                if function in PATCHES:
                    yield from ((line, name) for name in map(_named, args) if _private(name))


def _named(argument: ast.expr) -> str:
    """The attribute that a string names, alone or as the end of the path to it."""
    if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
        return ""
    package, _, rest = argument.value.partition(".")
    if rest and package not in PACKAGES:
        return ""
    return argument.value.rpartition(".")[2]
