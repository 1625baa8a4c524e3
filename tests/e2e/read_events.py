#!/usr/bin/env python3
"""Reads TensorBoard event files by their documented format alone, checks both checksums of every
record, and prints what TensorBoard would show: STEP TAG VALUE, after restarts.

    read_events.py FOLDER"""
import pathlib
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        (length, check) = struct.unpack_from("<QI", data, at)
        assert check == masked(data[at:at + 8]), "checksum of a length"
        content = data[at + 12:at + 12 + length]
        (check,) = struct.unpack_from("<I", data, at + 12 + length)
        assert check == masked(content), "checksum of a record"
        yield content
        at += 16 + length


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(key & 7)
            if size is None:
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def read(folder):
    shown = {}
    for number, path in enumerate(sorted(pathlib.Path(folder).glob("events.out.tfevents.*"))):
        for index, record in enumerate(records(path.read_bytes())):
            event = list(fields(record))
            step = dict(event).get(2, 0)
            assert struct.unpack("<d", dict(event)[1])[0] > 1e9, "time"
            if index == 0:
                assert dict(event)[3] == b"brain.Event:2", "version"
            for field, value in event:
                if field == 7 and dict(fields(value)).get(1) == 1:
                    shown = {key: v for key, v in shown.items() if key[0] < step}
                elif field == 5:
                    for _, one in fields(value):
                        parts = dict(fields(one))
                        key = (step, parts[1].decode())
                        assert key not in shown, f"{key} twice"
                        shown[key] = struct.unpack("<f", parts[2])[0]
    return shown


if __name__ == "__main__":
    for (step, tag), value in sorted(read(sys.argv[1]).items()):
        print(step, tag, repr(value))
