"""Apache Kafka itself: fetched once from Maven Central, as pom.xml pins it, and kept."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from libs.common.settings import stop

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17


def java() -> str:
    """The command `java`, 17 or newer. Stops with one line where there is none."""
    command = shutil.which("java")
    if command is None:
        stop("java is missing: install a Java runtime, 17 or newer, or set ECOUTE_KAFKA_BOOTSTRAP to a Kafka of yours")
    said = subprocess.run([command, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.search(r'version "(\d+)', said.stderr)
    if version is None or int(version.group(1)) < OLDEST_JAVA:
        stop(f"Java {version.group(1) if version else '?'} is too old: Kafka needs Java {OLDEST_JAVA} or newer")
    return command


def jars(folder: Path) -> Path:
    """The folder below the given one with Kafka's jars. Stops with one line where they cannot be fetched."""
    kept = (folder / f"jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}").absolute()
    if not kept.exists():
        maven = shutil.which("mvn")
        if maven is None:
            stop(
                "mvn is missing: install Maven, which fetches Kafka, or name a Kafka of yours in ECOUTE_KAFKA_BOOTSTRAP"
            )
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            command = [
                maven,
                "-q",
                "-B",
                "-f",
                str(POM),
                "dependency:copy-dependencies",
                f"-DoutputDirectory={fresh}/jars",
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
            if done.returncode:
                stop(f"Maven could not fetch Kafka: {(done.stdout + done.stderr).strip().splitlines()[0]}")
            if not kept.exists():  # another process may have been sooner
                (Path(fresh) / "jars").rename(kept)
    return kept
