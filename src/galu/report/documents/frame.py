"""What stands about every page of a document: study, day, source, and that nothing of it was observed."""

from __future__ import annotations

from dataclasses import dataclass

from galu.report.blocks import Mark
from galu.results import Page

_KINDS = {"table": "Table", "listing": "Listing"}


@dataclass(frozen=True, slots=True)
class Frame:
    """The words about a page; `shell` is a page before data exist."""

    mark: Mark
    shell: bool = False

    @property
    def study(self) -> str:
        """Number and title of the study."""
        return f"{self.mark.study}: {self.mark.title}" if self.mark.study else self.mark.title

    @property
    def stamp(self) -> str:
        """SIMULATED, or that there are no data; empty for what was observed."""
        return "SHELL: NO DATA" if self.shell else self.mark.banner

    @property
    def cut(self) -> str:
        """As of which day, with which cut."""
        cutoff = "" if self.mark.cutoff is None else f", data cut {self.mark.cutoff}"
        return f"as known on {self.mark.as_of}{cutoff}"

    @property
    def source(self) -> str:
        """Whence and by what the page was made; nothing of it changes from run to run."""
        if self.shell:
            return f"galu {self.mark.version}; study file {self.mark.study_hash[:12]}"
        return (
            f"galu {self.mark.version}; record entry {self.mark.seq}, {self.mark.digest[:12]}; study file "
            f"{self.mark.study_hash[:12]}; {self.mark.origin}"
        )

    def title(self, page: Page) -> str:
        """Number and title."""
        return f"{_KINDS[page.kind]} {page.number}  {page.title}"

    def population(self, page: Page) -> str:
        """Who is in it."""
        return f"Population: {page.population}"
