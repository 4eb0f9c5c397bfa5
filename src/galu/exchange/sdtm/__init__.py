"""SDTM data sets in: CSV, SAS transport and Dataset-JSON become facts, every row accounted for."""

from galu.exchange.sdtm.reader import SdtmImport, read_sdtm
from galu.exchange.sdtm.report import FileReport, SdtmReport

__all__ = ["FileReport", "SdtmImport", "SdtmReport", "read_sdtm"]
