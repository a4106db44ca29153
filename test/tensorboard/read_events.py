"""Reads an event file by the published layouts alone (TFRecord, CRC-32C, protocol buffers) and prints its events as JSON."""

import json
import struct
import sys

TABLE = []
for byte in range(256):
    crc = byte
    for _ in range(8):
        crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    TABLE.append(crc)


def masked(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    place = 0
    while place + 12 <= len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        end = place + 12 + length + 4
        if end > len(data):
            break  # half a record: the writer was killed, or is still at it
        assert struct.unpack_from("<I", data, place + 8)[0] == masked(data[place : place + 8]), "length"
        body = data[place + 12 : end - 4]
        assert struct.unpack_from("<I", data, end - 4)[0] == masked(body), "data"
        yield body
        place = end


def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def fields(data):
    place, found = 0, {}
    while place < len(data):
        key, place = varint(data, place)
        wire = key & 7
        if wire == 0:
            value, place = varint(data, place)
        elif wire == 1:
            value, place = struct.unpack_from("<d", data, place)[0], place + 8
        elif wire == 5:
            value, place = struct.unpack_from("<f", data, place)[0], place + 4
        else:
            assert wire == 2, wire
            length, place = varint(data, place)
            value, place = data[place : place + length], place + length
        found.setdefault(key >> 3, []).append(value)
    return found


def one(found, number, default=None):
    (value,) = found.get(number, [default])
    return value


def value_of(data):
    found = fields(data)
    value = {"tag": one(found, 1).decode()}
    if 2 in found:
        number = one(found, 2)
        value["simple"] = number if number == number else "NaN"
    if 8 in found:
        tensor = fields(one(found, 8))
        metadata = fields(one(found, 9))
        value["text"] = one(tensor, 8).decode()
        value["dtype"] = one(tensor, 1)
        value["plugin"] = one(fields(one(metadata, 1)), 1).decode()
        value["class"] = one(metadata, 4)
    return value


def event_of(data):
    found = fields(data)
    event = {"time": one(found, 1), "step": one(found, 2, 0)}
    if 3 in found:
        event["version"] = one(found, 3).decode()
    if 5 in found:
        event["values"] = [value_of(value) for value in fields(one(found, 5)).get(1, [])]
    if 7 in found:
        event["session"] = one(fields(one(found, 7)), 1)
    return event


with open(sys.argv[1], "rb") as file:
    json.dump([event_of(body) for body in records(file.read())], sys.stdout)
