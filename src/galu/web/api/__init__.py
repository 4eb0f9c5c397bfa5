"""The interface for programs, version 1: what people do in galu, as requests."""

from galu.web.api.routes import api

__all__ = ["api"]
