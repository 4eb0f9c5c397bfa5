"""Efficacy: RECIST 1.1, PSA and bone by PCWG3, PSMA, best responses, times to an event and their curves."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
