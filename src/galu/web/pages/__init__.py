"""The pages: parse → call the desk → render; one module a page."""

from galu.web.pages.problem import problem_page
from galu.web.pages.routes import pages

__all__ = ["pages", "problem_page"]
