"""A libtorrent session as a process: one torrent, or magnet link, seeding or leeching, told to the test in lines of JSON.

It lives until its standard input ends, so that it never outlives the test that started it; on a line "peer HOST:PORT" it
dials that peer, on "status" it tells what it has uploaded, on "peers N" whom it is connected to and how it knew. DHT, local discovery and port mapping are off. Everything else is libtorrent's default, unless the command
line says otherwise.
"""

import argparse
import json
import os
import select
import sys

import libtorrent as lt


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("torrent")
    parser.add_argument("directory")
    parser.add_argument("--seed", action="store_true", help="take the data in the directory as right, unhashed")
    parser.add_argument("--peer", action="append", default=[], metavar="HOST:PORT")
    parser.add_argument("--tcp", action="store_true", help="neither uTP nor encryption")
    parser.add_argument("--listen", default="127.0.0.1", metavar="ADDRESS", help="IPv6 in brackets")
    parser.add_argument("--lsd", action="store_true", help="local service discovery")
    parser.add_argument("--upload-limit", type=int, default=0, metavar="BYTES", help="bytes per second")
    parser.add_argument("--exit-when-complete", action="store_true")
    parser.add_argument("--metadata-only", action="store_true", help="exit when a magnet link's metadata is there, however large")
    parser.add_argument("--trackers-off", action="store_true")
    parser.add_argument("--dht-node", metavar="HOST:PORT", help="join the DHT there; many nodes may share one address")
    return parser.parse_args()


def say(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


def session(args):
    settings = {
        "listen_interfaces": args.listen + ":0",
        "enable_dht": False,
        "enable_lsd": args.lsd,
        "enable_upnp": False,
        "enable_natpmp": False,
        "allow_multiple_connections_per_ip": True,
        "alert_mask": lt.alert.category_t.status_notification
        | lt.alert.category_t.error_notification
        | lt.alert.category_t.tracker_notification
        | lt.alert.category_t.connect_notification
        | lt.alert.category_t.storage_notification,
    }
    if args.tcp:
        settings["enable_outgoing_utp"] = False
        settings["enable_incoming_utp"] = False
        settings["out_enc_policy"] = int(lt.enc_policy.pe_disabled)
        settings["in_enc_policy"] = int(lt.enc_policy.pe_disabled)
    if args.metadata_only:
        settings["max_metadata_size"] = 10_000_000
    if args.dht_node:
        settings["enable_dht"] = True
        settings["dht_bootstrap_nodes"] = args.dht_node
        settings["dht_restrict_routing_ips"] = False
        settings["dht_restrict_search_ips"] = False
        settings["dht_prefer_verified_node_ids"] = False
    return lt.session(settings)


def add(ses, args):
    if args.torrent.startswith("magnet:"):
        params = lt.parse_magnet_uri(args.torrent)
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(args.torrent)
    params.save_path = args.directory
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    if args.seed:
        params.flags |= lt.torrent_flags.seed_mode
    if args.trackers_off:
        params.flags |= lt.torrent_flags.override_trackers
        params.trackers = []
    if args.upload_limit:
        params.upload_limit = args.upload_limit
    return ses.add_torrent(params)


def dial(handle, address):
    host, port = address.rsplit(":", 1)
    handle.connect_peer((host.strip("[]"), int(port)))


def report(handle, alert):
    if isinstance(alert, lt.state_changed_alert):
        status = handle.status()
        say("state", state=str(alert.state), seeding=status.is_seeding)
    elif isinstance(alert, lt.torrent_finished_alert):
        handle.flush_cache()  # what was received may not be in the files yet
    elif isinstance(alert, lt.cache_flushed_alert):
        status = handle.status()
        say("complete", downloaded=status.total_payload_download, failed=status.total_failed_bytes)
    elif alert.category() & (
        lt.alert.category_t.error_notification
        | lt.alert.category_t.tracker_notification
        | lt.alert.category_t.connect_notification
    ):
        say("alert", what=alert.what(), message=alert.message())


def obey(handle, line):
    command, _, argument = line.partition(" ")
    if command == "peer":
        dial(handle, argument)
    elif command == "peers":
        peers = [{"address": "%s:%d" % peer.ip, "source": peer.source} for peer in handle.get_peer_info()]
        say("peers", number=int(argument), peers=peers)
    elif command == "status":
        say("status", uploaded=handle.status().total_payload_upload)


def main():
    args = arguments()
    ses = session(args)
    handle = add(ses, args)
    say("added", port=ses.listen_port(), info_hash=str(handle.info_hashes().v1), name=handle.status().name)
    for peer in args.peer:
        dial(handle, peer)

    # Alerts wake the loop through a pipe, so that it waits for them and for standard input at once.
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    ses.set_alert_fd(woken)
    said = b""
    while True:
        for alert in ses.pop_alerts():
            report(handle, alert)
            if isinstance(alert, lt.cache_flushed_alert) and args.exit_when_complete:
                return
            if isinstance(alert, lt.metadata_received_alert) and args.metadata_only:
                return
        # It searches the DHT every quarter of an hour only, for the first time when it knows no node yet.
        ready, _, _ = select.select([wake, sys.stdin], [], [], 2 if args.dht_node else None)
        if not ready:
            handle.force_dht_announce()
        if wake in ready:
            os.read(wake, 4096)
        if sys.stdin in ready:
            more = os.read(sys.stdin.fileno(), 4096)  # not readline, which may keep a second line to itself
            if not more:
                return
            *lines, said = (said + more).split(b"\n")
            for line in lines:
                obey(handle, line.decode())


if __name__ == "__main__":
    main()
