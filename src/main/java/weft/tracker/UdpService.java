package weft.tracker;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import weft.wire.ProtocolException;

/**
 * The UDP half of a {@link TrackerServer} (BEP 15): what is answered to a datagram. A path (BEP 41) is read and not looked
 * at, there being one tracker only.
 *
 * <p>Whoever shows no id that was given to his address gets no more bytes than he has sent: 16 for a connect, nothing for
 * anything else. So a forged address costs its owner as little as whoever forged it. For one thread, the socket's reader.
 */
final class UdpService {
    private static final int KEY_BYTES = 32;

    private final TrackerServerOptions options;
    private final SwarmTable swarms;
    private final ConnectionIds ids;

    UdpService(TrackerServerOptions options, SwarmTable swarms, LongSupplier nanoTime) {
        this.options = options;
        this.swarms = swarms;
        var key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        this.ids = new ConnectionIds(key, nanoTime);
    }

    /** What is sent back, if anything. */
    Optional<UdpAnswer> answer(ByteBuffer request, InetSocketAddress from) {
        if (request.remaining() < UdpRequest.HEADER_LENGTH) {
            return ignored();
        }
        long connectionId = request.getLong(request.position());
        int action = request.getInt(request.position() + Long.BYTES);
        int transactionId = request.getInt(request.position() + Long.BYTES + Integer.BYTES);
        if (action == UdpRequest.CONNECT) {
            return connectionId == UdpRequest.PROTOCOL_ID
                    ? Optional.of(new UdpAnswer.Connected(transactionId, ids.idFor(from.getAddress())))
                    : ignored();
        }
        if (!ids.isGood(connectionId, from.getAddress())) {
            return ignored(); // by the BEP; the client will connect anew
        }
        try {
            return Optional.of(
                    switch (UdpRequest.parse(request)) {
                        case UdpRequest.Connect connect ->
                            throw new IllegalStateException("answered above: " + connect);
                        case UdpRequest.Announce announce -> announce(announce, from);
                        case UdpRequest.Scrape scrape -> scrape(scrape);
                    });
        } catch (ProtocolException | IllegalArgumentException e) { // of the latter: the torrent is not tracked
            swarms.countFailure();
            return Optional.of(new UdpAnswer.Refused(transactionId, e.getMessage()));
        }
    }

    private Optional<UdpAnswer> ignored() {
        swarms.countFailure();
        return Optional.empty();
    }

    private UdpAnswer announce(UdpRequest.Announce request, InetSocketAddress from) {
        var announce = AnnounceQuery.of(request, from.getAddress(), options.trustIpParameter());
        var answer = swarms.announce(announce);
        return new UdpAnswer.Announced(
                request.transactionId(),
                (int) Math.min(options.interval().toSeconds(), Integer.MAX_VALUE),
                answer.counts().incomplete().orElseThrow(),
                answer.counts().complete().orElseThrow(),
                answer.peers().stream().map(SwarmTable.Listed::endpoint).toList());
    }

    private UdpAnswer scrape(UdpRequest.Scrape request) {
        var none = new SwarmCounts(OptionalInt.of(0), OptionalInt.of(0), OptionalInt.of(0), OptionalInt.empty());
        var files = new ArrayList<UdpAnswer.Counts>();
        for (var hash : request.infoHashes()) {
            var counts = swarms.scrape(hash).orElse(none);
            files.add(new UdpAnswer.Counts(
                    counts.complete().orElseThrow(),
                    counts.downloaded().orElseThrow(),
                    counts.incomplete().orElseThrow()));
        }
        swarms.countScrape();
        return new UdpAnswer.Scraped(request.transactionId(), files);
    }
}
