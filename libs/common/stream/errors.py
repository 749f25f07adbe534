"""What stops a stream."""


class StreamStopped(Exception):
    """The reader must not go on: a wrong order of deployment, a gap, or another log. Somebody has to look."""
