"""The pages: built from web/ with Node.js, once for each state of their sources."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from deploy.local import node
from deploy.local.failure import Failure
from deploy.local.home import PROJECT, Home, locked
from deploy.local.part import Say

SOURCES = PROJECT / "web"
BUILT = PROJECT / ".feira" / "web"
KEPT = 3
"""So many builds stay, newest first: a service that starts just now may still read an older one."""

CHECKS = (("typescript/bin/tsc", "--noEmit"), ("prettier/bin/prettier.cjs", "--check", "."))
FORMAT = (("prettier/bin/prettier.cjs", "--write", "."),)

_OUR_OWN = frozenset({"node_modules", "dist"})


def built() -> Path | None:
    """The folder of the pages as their sources are now, if it has been built."""
    folder = BUILT / fingerprint()
    return folder if (folder / "index.html").is_file() else None


def build(home: Home, say: Say) -> Path:
    """Build the pages if their sources have changed since; returns the folder.

    Raises Failure when there is no Node.js to be had, or the sources do not build.
    """
    if folder := built():
        return folder
    BUILT.mkdir(parents=True, exist_ok=True)
    home.tools.mkdir(parents=True, exist_ok=True)
    with locked(BUILT / "lock", within=600, waiting=lambda: say("web", "waiting for a build")):
        if folder := built():
            return folder
        say("web", "looking for Node.js")
        with_node = node.find(home)
        _modules(with_node, say)
        say("web", "building pages")
        folder = BUILT / fingerprint()
        draft = folder.with_name("draft")
        shutil.rmtree(draft, ignore_errors=True)
        vite = SOURCES / "node_modules" / "vite" / "bin" / "vite.js"
        _run(
            with_node,
            [str(with_node.binary), str(vite), "build", "--outDir", str(draft), "--emptyOutDir"],
            "The pages could not be built.",
        )
        draft.rename(folder)
        _forget_old()
    say("web", "ready")
    return folder


def built_or_why(home: Home, say: Say) -> str:
    """Build the pages; where they cannot be, all the rest does without: returns why, in short."""
    try:
        build(home, say)
    except Failure as failure:
        return f"No pages are served: {failure.sentence}"
    return ""


def use(home: Home, tools: Sequence[Sequence[str]]) -> None:
    """Let *tools* of the packages look at the sources. Raises Failure when one objects."""
    home.tools.mkdir(parents=True, exist_ok=True)
    with locked(home.tools / "web.lock", within=600):
        with_node = node.find(home)
        _modules(with_node, silent)
    for tool, *options in tools:
        _run(
            with_node,
            [str(with_node.binary), str(SOURCES / "node_modules" / tool), *options],
            f"web/: {Path(tool).stem} has objections.",
        )


def silent(_part: str, _doing: str) -> None:
    """Say nothing."""


def fingerprint() -> str:
    """Digest all that the pages are built from."""
    digest = hashlib.sha256()
    for path in _sources(SOURCES):
        digest.update(str(path.relative_to(SOURCES)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in _OUR_OWN:
            yield from _sources(path)
        elif path.is_file():
            yield path


def _modules(with_node: node.Node, say: Say) -> None:
    """Install what package-lock.json names, by its hashes, if it names other things than before."""
    lock = (SOURCES / "package-lock.json").read_bytes()
    wanted = hashlib.sha256(lock).hexdigest()
    mark = SOURCES / "node_modules" / ".installed"
    if mark.is_file() and mark.read_text() == wanted:
        return
    say("web", "fetching packages")
    _run(
        with_node,
        [*with_node.npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        "The packages of the pages could not be fetched (is there a network?).",
    )
    mark.write_text(wanted)


def _run(with_node: node.Node, command: Sequence[str], sentence: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        cwd=SOURCES,
        env=_environment(with_node),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise Failure(sentence, evidence="\n".join(said.splitlines()[-20:]))


def _environment(with_node: node.Node) -> Mapping[str, str]:
    """The shell's own, with this Node.js before others."""
    return {**os.environ, "PATH": f"{with_node.binary.parent}{os.pathsep}{os.environ['PATH']}"}


def _forget_old() -> None:
    builds = [path for path in BUILT.iterdir() if path.is_dir()]
    for old in sorted(builds, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def main() -> None:
    """`python -m deploy.local.web [--check | --format]`; alone, build and say where it is."""
    console, home = Console(soft_wrap=True, highlight=False), Home.default()
    try:
        if tools := {"--check": CHECKS, "--format": FORMAT}.get(" ".join(sys.argv[1:])):
            try:
                use(home, tools)
            except node.NoNode as failure:
                console.print(f"web/ was not looked at. {failure.sentence}", style="yellow")
            return
        folder = build(home, lambda part, doing: console.print(f"{part}: {doing}"))
        console.print(f"The pages are in {folder}.")
    except Failure as failure:
        console.print(failure.evidence, style="dim", markup=False)
        sys.exit(failure.sentence)


if __name__ == "__main__":
    main()
