"""Makes a torrent with libtorrent: FORMAT (v1 or hybrid) PIECE_LENGTH CONTENT TORRENT."""

import os
import sys

import libtorrent as lt

form, piece_length, content, torrent = sys.argv[1:]
files = lt.file_storage()
lt.add_files(files, content)
flags = {"v1": lt.create_torrent.v1_only, "hybrid": 0}[form]
creator = lt.create_torrent(files, int(piece_length), flags)
lt.set_piece_hashes(creator, os.path.dirname(content))
with open(torrent, "wb") as out:
    out.write(lt.bencode(creator.generate()))
