"""Hears all that goes over the network that it is in (Linux's packet sockets, root's), and keeps what concerns a torrent.

On a line "heard N HASH" it tells in JSON what was heard of that info-hash; on "dial ADDRESS PORT HASH" it becomes a peer of that
torrent itself, one that has nothing and speaks of all there is: the DHT (BEP 5), and peer exchange (BEP 11). What it says
itself does not count. It lives until its standard input ends.
"""

import json
import os
import re
import select
import socket
import struct
import sys

ALL_PROTOCOLS = 3
OUTGOING = 4  # of a packet: what is sent over loopback is also received there, and heard once more

PORT, EXTENDED = 9, 20
LSD_PORT = 6771
KRPC = re.compile(rb"1:q(?:4:ping|9:find_node|9:get_peers|13:announce_peer)")
HASH = re.compile(rb"9:info_hash20:(.{20})", re.DOTALL)

heard = {}  # by info-hash
own_ports = set()


def hear(info_hash, what):
    heard.setdefault(info_hash.hex(), set()).add(what)


class Stream:
    """What one side of a TCP connection says, from its handshake on."""

    def __init__(self):
        self.expected = None  # sequence number
        self.data = bytearray()
        self.info_hash = None

    def segment(self, sequence, syn, payload):
        if syn:
            self.expected = sequence + 1 & 0xFFFFFFFF
        elif sequence == self.expected and payload:
            self.expected = sequence + len(payload) & 0xFFFFFFFF
            self.data += payload
            self.read()

    def read(self):
        if self.info_hash is None and len(self.data) >= 68:
            if not self.data.startswith(b"\x13BitTorrent protocol"):
                return
            self.info_hash = bytes(self.data[28:48])
            hear(self.info_hash, "handshake")
            del self.data[:68]
        while self.info_hash is not None and len(self.data) >= 4:
            length = int.from_bytes(self.data[:4], "big")
            if len(self.data) < 4 + length:
                return
            if length:
                self.message(self.data[4], bytes(self.data[5 : 4 + length]))
            del self.data[: 4 + length]

    def message(self, kind, payload):
        if kind == PORT:
            hear(self.info_hash, "PORT")
        elif kind == EXTENDED and payload[0] == 0 and b"6:ut_pex" in payload:
            hear(self.info_hash, "ut_pex offered")
        elif kind == EXTENDED and b"5:added" in payload:
            hear(self.info_hash, "ut_pex")


streams = {}


def packet(data):
    if data[0] >> 4 == 4:
        protocol, at = data[9], (data[0] & 15) * 4
        addresses = data[12:20]
        data = data[: int.from_bytes(data[2:4], "big")]
    elif data[0] >> 4 == 6:
        protocol, at = data[6], 40
        addresses = data[8:40]
        data = data[: 40 + int.from_bytes(data[4:6], "big")]
    else:
        return
    if protocol == socket.IPPROTO_UDP:
        datagram(int.from_bytes(data[at + 2 : at + 4], "big"), data[at + 8 :])
    elif protocol == socket.IPPROTO_TCP:
        ports, sequence = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        header = (data[at + 12] >> 4) * 4
        syn = bool(data[at + 13] & 2)
        if syn and int.from_bytes(ports[:2], "big") not in own_ports:
            streams[addresses + ports] = Stream()
        stream = streams.get(addresses + ports)
        if stream:
            stream.segment(sequence, syn, data[at + header :])


def datagram(port, payload):
    for info_hash in HASH.findall(payload):
        query = KRPC.search(payload)
        hear(info_hash, query.group()[5:].split(b":")[-1].decode() if query else "DHT")
    if port == LSD_PORT:
        for info_hash in re.findall(rb"(?im)^Infohash: *([0-9a-f]{40})", payload):
            hear(bytes.fromhex(info_hash.decode()), "LSD")


def dial(address, port, info_hash, open_forever):
    peer = socket.create_connection((address, int(port)), timeout=20)
    open_forever.append(peer)
    own_ports.add(peer.getsockname()[1])
    extensions = b"d1:md6:ut_pexi1ee1:pi%dee" % peer.getsockname()[1]
    peer.sendall(
        b"\x13BitTorrent protocol"
        + bytes([0, 0, 0, 0, 0, 0x10, 0, 5])
        + bytes.fromhex(info_hash)
        + b"-XX0001-%012d" % peer.getsockname()[1]
        + struct.pack(">IBB", 2 + len(extensions), EXTENDED, 0)
        + extensions
        + struct.pack(">IB", 1, 15)  # have none (BEP 6)
        + struct.pack(">IBH", 3, PORT, 6881)
    )


def main():
    capture = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS))
    capture.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
    print("listening", flush=True)
    open_forever = []
    said = b""
    while True:
        ready, _, _ = select.select([capture, sys.stdin], [], [])
        if capture in ready:
            data, (_, _, kind, *_) = capture.recvfrom(1 << 16)
            if kind != OUTGOING:
                packet(data)
        elif sys.stdin in ready:  # when all that was there has been heard
            more = os.read(sys.stdin.fileno(), 4096)  # not readline, which may keep a second line to itself
            if not more:
                return
            *lines, said = (said + more).split(b"\n")
            for line in lines:
                obey(line.decode().split(), open_forever)


def obey(words, open_forever):
    if words[0] == "dial":
        dial(*words[1:], open_forever)
    else:
        print(json.dumps({"number": int(words[1]), "heard": sorted(heard.get(words[2], []))}), flush=True)


if __name__ == "__main__":
    main()
