"""The access log of a data home: who looked at what, when, and took what away for which purpose.

`log` writes and reads it, `chain` checks it. A line names a reader by a code and a case by its case
number: no name, no pseudonym, no figure.
"""

from pipelines.access.chain import Checked, check
from pipelines.access.line import Entry, Event
from pipelines.access.log import NotOnRecord, entries, local_reader, record

__all__ = ["Checked", "Entry", "Event", "NotOnRecord", "check", "entries", "local_reader", "record"]
