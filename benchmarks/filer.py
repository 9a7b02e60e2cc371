"""SeaweedFS's filer, told of very many keys at once: through S3 a million of them would take half an hour."""

import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import closing
from itertools import chain
from pathlib import Path
from uuid import uuid4

from dataops_platform.core.landed_object import StoredObject
from dataops_platform.demo.s3_server import S3Server

#: SeaweedFS's shell loads so many at once, and ends without waiting for the last ones: they are of no account,
#: and have no content, as the server dies of content that is written for somebody who left.
_AT_ONCE, _SPARE = 32, 100


class Filer:
    """The part of a SeaweedFS server that knows its keys: it can be told of many without their bytes."""

    def __init__(self, server: S3Server) -> None:
        command = Path(f"/proc/{server.process_id}/cmdline").read_text(encoding="utf-8").split("\0")
        ports = dict(flag[1:].split("=", 1) for flag in command if ".port" in flag and "=" in flag)
        self._server = server
        self._shell = [
            command[0],
            "shell",
            f"-master=127.0.0.1:{ports['master.port']}.{ports['master.port.grpc']}",
            f"-filer=127.0.0.1:{ports['filer.port']}.{ports['filer.port.grpc']}",
        ]

    def copy(self, bucket: str, body: bytes, keys: Iterable[str]) -> StoredObject:
        """All of these keys are there, with this body; as a listing tells one of them."""
        told, entry = self._sample(bucket, body)
        _, empty = self._sample(bucket, b"")
        spare = ((f"spare/{uuid4()}", empty) for _ in range(_SPARE))
        with tempfile.TemporaryDirectory() as folder:
            many = Path(folder, "many.meta")
            with many.open("wb") as file:
                for key, content in chain(((key, entry) for key in keys), spare):
                    below, _, name = f"/buckets/{bucket}/{key}".rpartition("/")
                    # Of a field that comes twice, protobuf takes the last one.
                    full = _field(1, below.encode()) + _field(2, content + _field(1, name.encode()))
                    file.write(len(full).to_bytes(4, "big") + full)
            self._run(f"fs.meta.load -v=false -concurrency={_AT_ONCE} {many}")
        return told

    def _sample(self, bucket: str, body: bytes) -> tuple[StoredObject, bytes]:
        """An object of this body as a listing tells it, and the filer's own entry of it."""
        prefix = f"sample/{uuid4()}"
        with closing(self._server.client()) as client, tempfile.TemporaryDirectory() as folder:
            client.put_object(Bucket=bucket, Key=f"{prefix}/one", Body=body)
            told = client.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"][0]
            saved = Path(folder, "one.meta")
            self._run(f"fs.meta.save -o={saved} /buckets/{bucket}/{prefix}")
            entry = _entry(saved.read_bytes())
        return StoredObject("", told["Size"], told["ETag"].strip('"'), told["LastModified"]), entry

    def _run(self, line: str) -> None:
        with tempfile.TemporaryFile() as words:
            subprocess.run(
                self._shell, input=f"{line}\n".encode(), stdout=words, stderr=subprocess.STDOUT, check=True
            )


def _field(number: int, value: bytes) -> bytes:
    """A field of bytes, in protobuf's encoding."""
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _entry(saved: bytes) -> bytes:
    """The entry of the last record: a record is its length, its folder (field 1) and its entry (field 2)."""
    records = []
    while saved:
        length = int.from_bytes(saved[:4], "big")
        records.append(saved[4 : 4 + length])
        saved = saved[4 + length :]
    return _value(records[-1], 2)


def _value(message: bytes, wanted: int) -> bytes:
    at = 0
    while at < len(message):
        number, at = message[at] >> 3, at + 1
        length = shift = 0
        while True:
            byte, at = message[at], at + 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if number == wanted:
            return message[at : at + length]
        at += length
    raise ValueError("SeaweedFS tells its entries in another way than this benchmark knows")
