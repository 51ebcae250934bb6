/**
 * BitTorrent in plain blocking Java on virtual threads. What a library user needs is exported; the layers behind it
 * (peers, swarms, connections) are not.
 */
module weft {
    requires java.net.http;
    requires jdk.jfr;
    requires org.apache.commons.codec;
    // The command line alone needs these two: picocli it brings along, the other is part of the JDK.
    requires static info.picocli;
    requires static java.logging;

    exports weft;
    exports weft.bencode;
    exports weft.dht;
    exports weft.extension;
    exports weft.metainfo;
    exports weft.storage;
    exports weft.tracker;

    opens weft.app to
            info.picocli;
}
