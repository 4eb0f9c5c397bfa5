"""galu: a radioligand-therapy trial from the registry record to the results."""

__version__ = "0.1.0"
