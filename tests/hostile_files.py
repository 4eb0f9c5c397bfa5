"""Files made to harm whoever reads them; each is made in a folder of a test, in no time and little space."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

LAB = "id,subject,on,test,value,unit\n"
XML_BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>\n<z>&i;</z>\n"
)
XML_ENTITY = '<?xml version="1.0"?><!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/passwd">]><z>&x;</z>\n'


def text(name: str, content: str | bytes) -> Callable[[Path], Path]:
    """A file with this content."""

    def made(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return made


def sparse(name: str, head: bytes, size: int) -> Callable[[Path], Path]:
    """A file that begins so and is as long as said, without taking the space."""

    def made(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(head)
        os.truncate(path, size)
        return path

    return made


def zipped(name: str, entries: dict[str, bytes]) -> Callable[[Path], Path]:
    """A ZIP archive with these entries."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)
    return text(name, packed.getvalue())


def lying_zip(name: str, entry: str, stated: int) -> Callable[[Path], Path]:
    """A ZIP whose directory states less than its only entry unfolds to."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, bytes(64 * 2**20))
    raw, size = packed.getvalue(), struct.pack("<I", 64 * 2**20)
    return text(name, raw.replace(size, struct.pack("<I", stated)))


def fifo(name: str) -> Callable[[Path], Path]:
    """A pipe into which nobody writes: whoever opens it waits."""

    def made(folder: Path) -> Path:
        os.mkfifo(folder / name)
        return folder / name

    return made


def linked(name: str, target: str, within: bool = False) -> Callable[[Path], Path]:
    """A link to something else, alone or `within` a folder that is given."""

    def made(folder: Path) -> Path:
        home = folder / "unpacked"
        home.mkdir()
        (home / name).symlink_to(target)
        return home if within else home / name

    return made


def in_folder(make: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """A file in a folder that is given."""

    def made(folder: Path) -> Path:
        home = folder / "unpacked"
        home.mkdir()
        make(home)
        return home

    return made


def _record(words: str) -> bytes:
    return words.encode("ascii").ljust(80)


def xpt(variables: str = "0000000002", widths: tuple[int, ...] = (8, 8), rows: bytes = b" " * 16) -> bytes:
    """A SAS transport file of DM with two text variables; every number in it may lie."""
    head = _record("HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + "0" * 30)
    head += _record("SAS     SAS     SASLIB  9.4     X64") + _record("01JAN26:00:00:00")
    head += _record("HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140")
    head += _record("HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!" + "0" * 30)
    head += _record("SAS     DM      SASDATA 9.4     X64") + _record("01JAN26:00:00:00")
    head += _record(
        f"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000{variables[-4:]}00000000000000000000"
    )
    names = b""
    at = 0
    for number, (name, width) in enumerate(zip(("USUBJID", "SEX"), widths, strict=True), start=1):
        one = struct.pack(">hhhh", 2, 0, width & 0x7FFF, number) + name.encode().ljust(8) + b" " * 40
        one += b" " * 8 + struct.pack(">hhh", 0, 0, 0) + b"\0\0" + b" " * 8 + struct.pack(">hh", 0, 0)
        one += struct.pack(">i", at) + b" " * 52
        names += one.ljust(140)[:140]
        at += width
    names += b" " * (-len(names) % 80)
    data = head + names + _record("HEADER RECORD*******OBS     HEADER RECORD!!!!!!!" + "0" * 30) + rows
    return data + b" " * (-len(data) % 80)


def dataset(age: str) -> Callable[[Path], Path]:
    """A Dataset-JSON of DM with this age."""
    names = ",".join(f'{{"name":"{one}"}}' for one in ("STUDYID", "USUBJID", "AGE"))
    return text("dm.json", f'{{"rows":[["S","A",{age}]],"columns":[{names}]}}')


DEEP = 100_000
ALIASES = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
CALLS = "identity: !!python/object/apply:os.system ['touch /tmp/galu-was-here']\n"
#: Name, how it is made, and how it is given: to the facts, to SDTM, to a study, or to a registry record.
HOSTILE: tuple[tuple[str, Callable[[Path], Path], str], ...] = (
    ("XML bomb", text("lab.csv", XML_BOMB), "facts"),
    ("XML bomb as a data set", text("dm.xml", XML_BOMB), "sdtm"),
    ("XML bomb as a record", text("record.xml", XML_BOMB), "registry"),
    ("external entity", text("record.xml", XML_ENTITY), "registry"),
    ("xlsx bomb", zipped("dm.xlsx", {"xl/worksheets/sheet1.xml": bytes(200 * 2**20)}), "sdtm"),
    ("xlsx under another name", zipped("lab.csv", {"xl/worksheets/sheet1.xml": bytes(2**20)}), "facts"),
    ("gz bomb", text("lab.csv", gzip.compress(bytes(200 * 2**20))), "facts"),
    ("backup that unfolds", zipped("trial.zip", {"record.sqlite": bytes(300 * 2**20)}), "backup"),
    ("backup that lies", lying_zip("trial.zip", "manifest.json", 10), "backup"),
    ("backup with a way out", zipped("trial.zip", {"../../etc/cron.d/x": b"x"}), "backup"),
    ("deep JSON", text("dm.json", "[" * DEEP + "]" * DEEP), "sdtm"),
    ("deep JSON objects", text("record.json", '{"a":' * DEEP + "1" + "}" * DEEP), "registry"),
    ("deep list in a cell", text("signature.csv", f'id,on,rests_on\nd,2026-02-01,{"[" * 50_000}\n'), "facts"),
    ("number without end", dataset("9" * 100_000), "sdtm"),
    ("NaN in JSON", dataset("NaN"), "sdtm"),
    ("1e999 in JSON", dataset("1e999"), "sdtm"),
    ("1e308", text("lab.csv", LAB + "l,A,2026-02-01,ALT,1e308,U/L\n"), "facts"),
    ("1e999", text("lab.csv", LAB + "l,A,2026-02-01,ALT,1e999,U/L\n"), "facts"),
    ("NaN", text("lab.csv", LAB + "l,A,2026-02-01,ALT,nan,U/L\n"), "facts"),
    ("NUL bytes", text("lab.csv", LAB + "l,A\0,2026-02-01,ALT,1,U/L\n"), "facts"),
    ("ten million columns", text("lab.csv", "," * 10_000_000 + "\n"), "facts"),
    ("ten million columns of SDTM", text("lb.csv", "a," * 5_000_000 + "\n"), "sdtm"),
    ("a line of 1 GB", sparse("lab.csv", LAB.encode(), 2**30), "facts"),
    ("a line of 400 MB", sparse("lab.csv", LAB.encode(), 400 * 2**20), "facts"),
    ("a line of 400 MB of SDTM", sparse("lb.csv", b"STUDYID,USUBJID\n", 400 * 2**20), "sdtm"),
    ("a transport file of 500 MB of nothing", sparse("dm.xpt", xpt(), 500 * 2**20 // 80 * 80), "sdtm"),
    ("transport file with more variables than it has", text("dm.xpt", xpt("9999")), "sdtm"),
    ("transport file with no variable", text("dm.xpt", xpt("0000")), "sdtm"),
    ("transport file with wide variables", text("dm.xpt", xpt(widths=(32767, 32767))), "sdtm"),
    ("transport file with variables of no width", text("dm.xpt", xpt(widths=(0, 0))), "sdtm"),
    ("transport file cut", text("dm.xpt", xpt()[:-7]), "sdtm"),
    ("SAS file of noise", text("dm.sas7bdat", bytes(range(256)) * 400), "sdtm"),
    ("broken surrogates", text("lab.csv", b"\xff\xfe" + b"\x00\xd8" * 2_000), "facts"),
    ("broken surrogates of SDTM", text("dm.csv", b"\xff\xfe" + b"\x00\xd8" * 2_000), "sdtm"),
    ("broken surrogates in a record", text("record.json", b"\xff\xfe" + b"\x00\xd8" * 2_000), "registry"),
    ("a pipe", fifo("lab.csv"), "facts"),
    ("a pipe in a folder", in_folder(fifo("dm.csv")), "sdtm"),
    ("a device", lambda _: Path("/dev/zero"), "facts"),
    ("a link to a device", linked("lab.csv", "/dev/zero"), "facts"),
    ("a link out of its folder", linked("consent.csv", "/etc/passwd", within=True), "facts"),
    ("a link in a circle", linked("lab.csv", "lab.csv"), "facts"),
    ("YAML aliases", text("study.yaml", ALIASES), "study"),
    ("YAML that holds itself", text("study.yaml", "identity: &a\n  nct_id: *a\n"), "study"),
    ("deep YAML", text("study.yaml", "[" * DEEP + "]" * DEEP), "study"),
    ("YAML that calls", text("study.yaml", CALLS), "study"),
)  # fmt: skip
