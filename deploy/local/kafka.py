"""A real Kafka, one node that is broker and controller, run straight from its jars."""

import asyncio
import base64
import os
import subprocess
import uuid
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local import jars, java
from deploy.local.failure import Failure
from deploy.local.home import Home
from deploy.local.part import Recipe, Say, terms_of
from deploy.local.ports import Ports, is_open

CONFIG = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}

# Topics are made by one job and by nothing else.
auto.create.topics.enable=false
# A fact is small; room for whole batches of them.
message.max.bytes=4194304
replica.fetch.max.bytes=4194304

# One node: nothing to copy to.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# A small machine: few files, few threads, a heap that the log cleaner does not fill.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=4
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216

# After a crash the controller waits for the broker that died before it lets the next one in.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000

# A group that starts need not wait for members that do not come.
group.initial.rebalance.delay.ms=0
"""

LOGGING = """\
status=error
appender.log.type=Console
appender.log.name=log
appender.log.layout.type=PatternLayout
appender.log.layout.pattern=%d{ISO8601} %p %m (%c{1})%n
rootLogger.level=warn
rootLogger.appenderRef.log.ref=log
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
"""


class Kafka:
    """The Kafka of one home."""

    name = "kafka"
    ports = ("kafka", "kafka_controller")
    patience = 90.0
    grace = 30.0

    def __init__(self, home: Home) -> None:
        self._home = home
        self._folder = home.root / "kafka"
        self._data = self._folder / "data"
        self._config = self._folder / "server.properties"
        self._logging = self._folder / "log4j2.properties"
        self._heap = int(os.environ.get("FEIRA_LOCAL_KAFKA_HEAP_MB") or 512)

    @property
    def url(self) -> str:
        return f"127.0.0.1:{Ports(self._home).get('kafka')}"

    @property
    def terms(self) -> str:
        return terms_of(self._settings, self._heap)

    def prepare(self, say: Say) -> None:
        say(self.name, "looking for Java")
        java.find(self._home)
        say(self.name, "fetching the jars of Kafka")
        jars.classpath(self._home)
        self._folder.mkdir(parents=True, exist_ok=True)

    def recipe(self) -> Recipe:
        self._config.write_text(self._settings)
        self._logging.write_text(LOGGING)
        if not (self._data / "meta.properties").exists():
            self._format()
        return Recipe([*self._java(archive=True), "kafka.Kafka", str(self._config)], os.environ)

    def ready(self) -> bool:
        port = Ports(self._home).get("kafka")
        return port is not None and is_open(port) and answers(self.url)

    def diagnose(self, log: str) -> str | None:
        if "Failed to acquire lock on file" in log:
            return f"Another Kafka, not started by this stack, is using {self._data}."
        if "OutOfMemoryError" in log or "Could not reserve enough space" in log:
            return f"Kafka has not got the memory for its heap of {self._heap} MiB."
        if "UnsupportedClassVersionError" in log:
            return f"Kafka {jars.KAFKA[2]} needs a newer Java: set JAVA_HOME to one ≥ {java.LEAST}."
        return None

    @property
    def _settings(self) -> str:
        ports = Ports(self._home)
        return CONFIG.format(
            port=ports.get("kafka"), controller=ports.get("kafka_controller"), data=self._data
        )

    def _java(self, *, archive: bool = False) -> list[str]:
        runtime = java.find(self._home)
        return [
            str(runtime.binary),
            *(self._archive(runtime) if archive else ()),
            # It shares a few cores with everything else: to compile twice and to collect garbage
            # side by side takes more from the others than it ever gives back here.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xms128m",
            f"-Xmx{self._heap}m",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={self._logging}",
            "-cp",
            self._classpath,
        ]

    @property
    def _classpath(self) -> str:
        return ":".join(str(jar) for jar in jars.classpath(self._home))

    def _archive(self, runtime: java.Java) -> list[str]:
        """Load the classes from an archive, which halves the start; else write it when stopping."""
        name = f"kafka-{jars.KAFKA[2]}-java-{runtime.version}.jsa"
        archive = self._home.tools / name
        draft = self._folder / name
        if draft.exists():
            # A stop that was cut short leaves half an archive, good for nothing.
            if not archive.exists() and self._fits(runtime, draft):
                draft.rename(archive)
            draft.unlink(missing_ok=True)
        if archive.exists():
            return ["-Xshare:auto", f"-XX:SharedArchiveFile={archive}"]
        return [f"-XX:ArchiveClassesAtExit={draft}"]

    def _fits(self, runtime: java.Java, archive: Path) -> bool:
        strict = ["-Xshare:on", f"-XX:SharedArchiveFile={archive}", "-cp", self._classpath]
        return not subprocess.run(  # noqa: S603 - every word is ours
            [runtime.binary, *strict, "-version"], capture_output=True, check=False
        ).returncode

    def _format(self) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        storage = ["kafka.tools.StorageTool", "format", "--config", str(self._config)]
        done = subprocess.run(  # noqa: S603 - every word is ours
            [*self._java(), *storage, f"--cluster-id={cluster}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failure(
                f"Kafka could not format {self._data}.", evidence=done.stdout + done.stderr
            )


def answers(servers: str) -> bool:
    """Ask for the cluster's brokers, as a client does first of all."""

    async def ask() -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=3_000)
        try:
            await admin.start()
            cluster = await admin.describe_cluster()
        except (KafkaError, OSError, TimeoutError):
            return False
        finally:
            await admin.close()
        return bool(cluster["brokers"])

    return asyncio.run(ask())
