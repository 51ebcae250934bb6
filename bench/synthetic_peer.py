"""Peers that cost next to nothing, for measuring the other side of a connection.

A seed that serves generated pieces from memory, and leechers that throw away what they get. Both speak plain BEP 3 with the
Fast Extension's "have all" (BEP 6) over one or more loopback connections, a process for each. Run as a program it is one of them.
"""

import argparse
import hashlib
import json
import multiprocessing
import pathlib
import random
import signal
import socket
import struct
import sys
import time

MIB = 1 << 20
BLOCK = 16 << 10
PATTERN = 16 * MIB  # after so many bytes the content repeats: more than any cache holds, and quickly made
OUTSTANDING = 250  # requests of a leecher: what every client queues

CHOKE, UNCHOKE, INTERESTED, BITFIELD, REQUEST, PIECE, HAVE_ALL, REJECT = 0, 1, 2, 5, 6, 7, 14, 16
REQUEST_MESSAGE = struct.Struct(">IBIII")
PIECE_HEADER = struct.Struct(">IBII")


def pattern():
    return memoryview(random.Random(1).randbytes(PATTERN))


def torrent(size, piece_length, name):
    """The torrent file of the content, and its info-hash."""
    bytes_of = pattern()
    hashes = {}
    pieces = []
    for begin in range(0, size, piece_length):
        key = (begin % PATTERN, min(piece_length, size - begin))
        if key not in hashes:
            hashes[key] = hashlib.sha1(b"".join(stretch(bytes_of, *key))).digest()
        pieces.append(hashes[key])
    info = b"d6:lengthi%de4:name%d:%s12:piece lengthi%de6:pieces%d:%se" % (
        size, len(name), name.encode(), piece_length, 20 * len(pieces), b"".join(pieces)
    )
    return b"d4:info%se" % info, hashlib.sha1(info).digest()


def stretch(bytes_of, begin, length):
    """The content from ``begin`` on, in one piece or, where it wraps around, more."""
    while length > 0:
        at = begin % PATTERN
        count = min(length, PATTERN - at)
        yield bytes_of[at : at + count]
        begin += count
        length -= count


def write_content(path, size):
    with open(path, "wb") as out:
        for part in stretch(pattern(), 0, size):
            out.write(part)


def receive(connection, count):
    data = bytearray(count)
    view = memoryview(data)
    while view:
        got = connection.recv_into(view)
        if got == 0:
            raise ConnectionError("closed")
        view = view[got:]
    return bytes(data)


def handshake(connection, info_hash, dialling):
    ours = b"\x13BitTorrent protocol" + bytes([0, 0, 0, 0, 0, 0, 0, 4]) + info_hash
    peer_id = b"-SY0001-" + random.SystemRandom().randbytes(12)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if dialling:
        connection.sendall(ours + peer_id)
    theirs = receive(connection, 68)
    if not dialling:
        connection.sendall(ours + peer_id)
    if theirs[28:48] != info_hash:
        raise ConnectionError("another torrent")
    return theirs[27] & 4 != 0


# --- the seed


def serve(listener, info_hash, size, piece_length):
    """One connection after the other."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    bytes_of = pattern()
    while True:
        connection, _ = listener.accept()
        with connection:
            try:
                serve_one(connection, info_hash, size, piece_length, bytes_of)
            except (ConnectionError, OSError):
                pass  # that leecher has got all it wants


def serve_one(connection, info_hash, size, piece_length, bytes_of):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * MIB)
    fast = handshake(connection, info_hash, False)
    count = -(-size // piece_length)
    if fast:
        connection.sendall(struct.pack(">IB", 1, HAVE_ALL))
    else:
        bits = bytearray(b"\xff" * (count // 8) + (bytes([0xFF00 >> count % 8 & 0xFF]) if count % 8 else b""))
        connection.sendall(struct.pack(">IB", 1 + len(bits), BITFIELD) + bits)
    connection.sendall(struct.pack(">IB", 1, UNCHOKE))
    received = bytearray()
    while True:
        data = connection.recv(256 << 10)
        if not data:
            return
        received += data
        at = 0
        replies = []
        while len(received) - at >= 4:
            (length,) = struct.unpack_from(">I", received, at)
            if len(received) - at < 4 + length:
                break
            if length == 13 and received[at + 4] == REQUEST:
                _, _, piece, begin, count = REQUEST_MESSAGE.unpack_from(received, at)
                replies.append(PIECE_HEADER.pack(9 + count, PIECE, piece, begin))
                replies.extend(stretch(bytes_of, piece * piece_length + begin, count))
            at += 4 + length
        del received[:at]
        send(connection, replies)


def send(connection, buffers):
    first = 0
    while first < len(buffers):
        sent = connection.sendmsg(buffers[first : first + 512])
        while first < len(buffers) and sent >= len(buffers[first]):
            sent -= len(buffers[first])
            first += 1
        if sent:
            buffers[first] = memoryview(buffers[first])[sent:]


# --- the leecher


def leech(port, info_hash, size, piece_length, share, number, results):
    """Takes ``share`` bytes of the content, from a place of its own on, and forgets them."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        ours = (f"127.0.0.{2 + number}", 0)  # each an address of its own: clients limit connections from one
        with socket.create_connection(("127.0.0.1", port), source_address=ours) as connection:
            results.put((number, *discard(connection, info_hash, size, piece_length, share, number)))
    except (ConnectionError, OSError) as e:
        results.put((number, None, str(e)))


def discard(connection, info_hash, size, piece_length, share, number):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * MIB)
    handshake(connection, info_hash, True)
    connection.sendall(struct.pack(">IB", 1, INTERESTED))
    header = bytearray(5)
    while header[4] != UNCHOKE or header[:4] != b"\0\0\0\1":
        header[:] = receive(connection, 4) + b"\xff"
        length = int.from_bytes(header[:4], "big")
        if length:
            header[4] = receive(connection, 1)[0]
            receive(connection, length - 1)
    begun = time.monotonic()
    wanted = share // BLOCK  # a seed with everything answers each request with one piece message, and says nothing else
    reply = BLOCK + PIECE_HEADER.size
    asked = received = 0
    at = number * 7919 * piece_length % size // BLOCK  # leechers start at different places
    scratch = bytearray(MIB)
    while received < wanted * reply:
        done = received // reply
        if asked < wanted and asked - done <= OUTSTANDING * 3 // 4:
            batch = bytearray()
            for _ in range(min(wanted - asked, OUTSTANDING - (asked - done))):
                piece, begin = divmod(at * BLOCK, piece_length)
                batch += REQUEST_MESSAGE.pack(13, REQUEST, piece, begin, BLOCK)
                at = (at + 1) % (size // BLOCK)
                asked += 1
            connection.sendall(batch)
        got = connection.recv_into(scratch)
        if got == 0:
            raise ConnectionError(f"closed after {received} bytes")
        received += got
    return begun, time.monotonic()


# --- as a program


def end(*_):
    """SIGTERM: as a daemon's parent, end with the workers."""
    sys.exit(0)


def main():
    signal.signal(signal.SIGTERM, end)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("seed", "leech"):
        sub = commands.add_parser(command)
        sub.add_argument("--size", type=int, required=True, help="MiB")
        sub.add_argument("--piece-length", type=int, required=True, help="KiB")
        sub.add_argument("--connections", type=int, required=True)
        if command == "leech":
            sub.add_argument("--port", type=int, required=True)
            sub.add_argument("--share", type=int, required=True, help="MiB that each takes")
    parser.add_argument("--name", default="data.bin")
    args = parser.parse_args()
    size, piece_length = args.size * MIB, args.piece_length << 10
    _, info_hash = torrent(size, piece_length, args.name)
    if args.command == "seed":
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(args.connections)]
        workers = [
            multiprocessing.Process(target=serve, args=(listener, info_hash, size, piece_length), daemon=True)
            for listener in listeners
        ]
        for worker in workers:
            worker.start()
        print(json.dumps({"ports": [listener.getsockname()[1] for listener in listeners]}), flush=True)
        sys.stdin.read()  # until whoever has started this is done
    else:
        results = multiprocessing.Queue()
        workers = [
            multiprocessing.Process(
                target=leech, args=(args.port, info_hash, size, piece_length, args.share * MIB, number, results), daemon=True
            )
            for number in range(args.connections)
        ]
        for worker in workers:
            worker.start()
        outcomes = [results.get() for _ in workers]
        failures = [outcome[2] for outcome in outcomes if outcome[1] is None]
        if failures:
            sys.exit(f"a leecher failed: {failures[0]}")
        begun, ended = min(o[1] for o in outcomes), max(o[2] for o in outcomes)
        print(json.dumps({"seconds": ended - begun, "bytes": args.connections * args.share * MIB}), flush=True)
    for worker in workers:
        worker.terminate()


if __name__ == "__main__":
    main()
