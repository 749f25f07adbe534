"""The event stream: outbox, sequencer, log, feed, reader. The words of the domain are in `libs/contracts`."""
