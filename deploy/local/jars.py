"""The jars of Kafka: resolved by Maven coordinates without Maven, checked against a list."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local.failure import Failure
from deploy.local.home import Home, locked

KAFKA = ("org.apache.kafka", "kafka_2.13", "4.3.1")
# Kafka leaves the choice of where its log goes to whoever runs it.
LOG_BINDING = ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.4")

LOCK = Path(__file__).with_name("kafka.lock")


def classpath(home: Home) -> list[Path]:
    """Return Kafka's jars, downloaded once for all stacks of the project."""
    folder = home.tools / f"kafka-{KAFKA[2]}"
    with locked(home.tools / "kafka.lock", within=600):
        if not folder.exists():
            draft = folder.with_name(f"{folder.name}.draft")
            # What an interrupted download left cannot be told from a whole jar: start over.
            shutil.rmtree(draft, ignore_errors=True)
            for jar in resolve(draft):
                check(jar)
            draft.rename(folder)
    return sorted(folder.rglob("*.jar"))


def resolve(repository: Path) -> list[Path]:
    """Download Kafka and all that it depends on, and the log binding alone."""
    import requests  # noqa: PLC0415 - with jgo some 0.2 s, needed once in a project's life
    from jgo.maven import Artifact, MavenContext, PythonResolver  # noqa: PLC0415 - the same

    try:
        context = MavenContext(PythonResolver(), repo_cache=repository, timeout=60)
        inputs, transitive = context.resolver.resolve([context.create_dependency(":".join(KAFKA))])
        artifacts = [
            dependency.artifact
            for dependency in [*inputs, *transitive]
            if dependency.scope in (None, "compile", "runtime")
        ]
        # Not resolved together with Kafka: its parent's preferences would bring older Kafka jars.
        group, name, version = LOG_BINDING
        artifacts.append(context.project(group, name).at_version(version).artifact())
        with ThreadPoolExecutor(8) as pool:
            return [*pool.map(Artifact.resolve, artifacts)]
    except (requests.RequestException, RuntimeError) as error:
        raise Failure(
            f"Kafka {KAFKA[2]} could not be downloaded (is there a network?); "
            "with FEIRA_KAFKA set, that Kafka is used and none is needed here.",
            evidence=str(error)[:500],
        ) from error


def check(jar: Path) -> None:
    if dict(_locked_hashes()).get(jar.name) != fingerprint(jar):
        raise Failure(f"{jar.name} is not the file that {LOCK.name} lists: it was not used.")


def fingerprint(jar: Path) -> str:
    return hashlib.sha256(jar.read_bytes()).hexdigest()


def _locked_hashes() -> Iterator[tuple[str, str]]:
    for line in LOCK.read_text().splitlines():
        if line and not line.startswith("#"):
            digest, name = line.split()
            yield name, digest


def main() -> None:
    """Write the list anew, for a new version of Kafka: `python -m deploy.local.jars`."""
    with tempfile.TemporaryDirectory() as folder:
        found = sorted(resolve(Path(folder)), key=lambda jar: jar.name)
        lines = [f"{fingerprint(jar)}  {jar.name}" for jar in found]
    title = "# SHA-256 of the jars of Kafka, written by `python -m deploy.local.jars`."
    LOCK.write_text("\n".join([title, *lines, ""]))


if __name__ == "__main__":
    main()
