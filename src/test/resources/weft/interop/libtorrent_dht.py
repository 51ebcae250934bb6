"""A libtorrent DHT node as a process, on loopback, told to the test in lines of JSON.

It lives until its standard input ends, and does what the lines there say:

  node HOST:PORT                          ask that node
  get_peers INFOHASH                      tell what peers there are
  put_immutable TEXT                      store a string
  put_mutable PRIVATE PUBLIC SALT TEXT    store a string, signed; the keys in hexadecimal digits, "-" for no salt
  get_immutable TARGET
  get_mutable PUBLIC SALT
  status                                  tell how many nodes are known

What is set differs from libtorrent's defaults only in that many nodes may share one address, as they do on loopback.
"""

import json
import os
import select
import sys

import libtorrent as lt


def say(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


def session():
    return lt.session(
        {
            "listen_interfaces": "127.0.0.1:0",
            "enable_dht": True,
            "enable_lsd": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "dht_bootstrap_nodes": "",
            "dht_restrict_routing_ips": False,
            "dht_restrict_search_ips": False,
            "dht_prefer_verified_node_ids": False,
            "dht_block_ratelimit": 1000,
            "dht_upload_rate_limit": 1000000,
            "alert_mask": lt.alert.category_t.dht_notification
            | lt.alert.category_t.dht_operation_notification
            | lt.alert.category_t.error_notification
            | lt.alert.category_t.status_notification
            | lt.alert.category_t.stats_notification,
        }
    )


def hash_of(text):
    return lt.sha1_hash(bytes.fromhex(text))


def salt_of(text):
    return b"" if text == "-" else text.encode()


def obey(ses, line):
    command, *words = line.split()
    if command == "node":
        host, port = words[0].rsplit(":", 1)
        ses.add_dht_node((host, int(port)))
    elif command == "get_peers":
        ses.dht_get_peers(hash_of(words[0]))
    elif command == "put_immutable":
        say("target", target=str(ses.dht_put_immutable_item(words[0])))
    elif command == "put_mutable":
        private, public, salt, text = words
        ses.dht_put_mutable_item(bytes.fromhex(private), bytes.fromhex(public), text.encode(), salt_of(salt))
    elif command == "get_immutable":
        ses.dht_get_immutable_item(hash_of(words[0]))
    elif command == "get_mutable":
        ses.dht_get_mutable_item(bytes.fromhex(words[0]), salt_of(words[1]))
    elif command == "status":
        ses.post_dht_stats()


def report(alert):
    if isinstance(alert, lt.dht_get_peers_reply_alert):
        say("peers", info_hash=str(alert.info_hash), peers=["%s:%d" % peer for peer in alert.peers()])
    elif isinstance(alert, lt.dht_immutable_item_alert):
        say("immutable", target=str(alert.target), item=alert.item["value"].decode())
    elif isinstance(alert, lt.dht_mutable_item_alert):
        say("mutable", item=alert.item["value"].decode(), seq=alert.item["seq"])
    elif isinstance(alert, lt.dht_put_alert):
        say("put", stored=alert.num_success, message=alert.message())
    elif isinstance(alert, lt.dht_stats_alert):
        say("status", nodes=sum(bucket["num_nodes"] for bucket in alert.routing_table))
    else:
        say("alert", what=alert.what(), message=alert.message())


def main():
    ses = session()
    say("listening", port=ses.listen_port())
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    ses.set_alert_fd(woken)
    while True:
        for alert in ses.pop_alerts():
            report(alert)
        ready, _, _ = select.select([wake, sys.stdin], [], [])
        if wake in ready:
            os.read(wake, 4096)
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                return
            obey(ses, line)


main()
