package weft.dht;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import weft.bencode.BDict;
import weft.bencode.BInteger;
import weft.bencode.BList;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.bencode.Bencode;
import weft.bencode.BencodeException;
import weft.bencode.BencodeLimits;
import weft.bencode.Decoded;

/**
 * Messages of the DHT to datagrams and back (KRPC, BEP 5).
 *
 * <pre>
 * query    d 1:a d 2:id20:... arguments e 1:q &lt;method&gt;            1:t &lt;transaction&gt; 1:v &lt;client&gt; 1:y1:q e
 * answer   d 2:ip &lt;peer&gt; 1:r d 2:id20:... values e                1:t &lt;transaction&gt; 1:v &lt;client&gt; 1:y1:r e
 * failure  d 1:e l i&lt;code&gt;e &lt;text&gt; e                              1:t &lt;transaction&gt; 1:v &lt;client&gt; 1:y1:e e
 * </pre>
 *
 * <p>Reads leniently, as nodes do send keys out of order, unknown ones and bytes after the end; only a put must be encoded
 * as it should be, since its hash or signature is over the encoding. Whatever a datagram says, what is made of it is
 * bounded.
 */
final class Krpc {
    /** BEP 5: as many nodes as a bucket holds; of those after them nothing is known. */
    static final int MAX_NODES = 8;

    /** More peers than this in one answer are no help. */
    static final int MAX_VALUES = 100;

    /** Others send up to 20 bytes; BEP 5 says two are enough. */
    static final int MAX_TRANSACTION_BYTES = 64;

    /** Tokens are opaque; others' have 4 to 20 bytes. */
    static final int MAX_TOKEN_BYTES = 128;

    /** BEP 33. */
    private static final int FILTER_BYTES = 256;

    /** BEP 51: six hours. */
    private static final int MAX_INTERVAL_SECONDS = 21_600;

    private static final int MAX_PORT = 65_535;
    private static final int MAX_TEXT_BYTES = 200;

    /** BEP 5: "the client version ... two characters registered in BEP 20 followed by a two character version". */
    private static final BString VERSION = BString.of(new byte[] {'W', 'E', 0, 1});

    private static final BString QUERY = BString.of("q");
    private static final BString ANSWER = BString.of("r");
    private static final BString FAILURE = BString.of("e");

    private Krpc() {}

    /**
     * The message in a datagram, whose bytes belong to it from now on.
     *
     * @throws KrpcException if there is none; it says whether the sender is to be told
     */
    static Message decode(byte[] datagram) throws KrpcException {
        var decoded = bencode(datagram);
        if (!(decoded.value() instanceof BDict message)) {
            throw new KrpcException("not a dictionary");
        }
        var transaction = message.string("t").orElseThrow(() -> new KrpcException("no transaction id"));
        if (transaction.length() > MAX_TRANSACTION_BYTES) {
            throw new KrpcException("a transaction id of " + transaction.length() + " bytes");
        }
        return switch (message.string("y").map(BString::utf8).orElse("")) {
            case "q" -> new QueryReader(message, transaction, decoded.warnings().isEmpty()).read();
            case "r" -> answer(message, transaction);
            case "e" -> failure(message, transaction);
            default -> throw new KrpcException("neither query, answer nor error");
        };
    }

    private static Decoded bencode(byte[] datagram) throws KrpcException {
        try {
            return Bencode.decode(datagram, BencodeLimits.KRPC);
        } catch (BencodeException e) {
            throw new KrpcException(e.getMessage());
        }
    }

    /** Reads queries; says to their senders what is wrong with them. */
    private static final class QueryReader {
        private final BDict message;
        private final BString transaction;
        private final boolean isCanonical;
        private BDict arguments;

        QueryReader(BDict message, BString transaction, boolean isCanonical) {
            this.message = message;
            this.transaction = transaction;
            this.isCanonical = isCanonical;
        }

        Query read() throws KrpcException {
            arguments = message.dict("a").orElseThrow(() -> wrong("no arguments"));
            var id = id("id");
            boolean readOnly = isSet(message, "ro");
            return new Query(transaction, id, readOnly, method());
        }

        private Method method() throws KrpcException {
            var name = message.string("q").map(BString::utf8).orElse("");
            return switch (name) {
                case "ping" -> new Method.Ping();
                case "find_node" -> new Method.FindNode(id("target"), want());
                case "get_peers" ->
                    new Method.GetPeers(
                            id("info_hash"), want(), isSet(arguments, "noseed"), isSet(arguments, "scrape"));
                case "announce_peer" -> announce();
                case "get" -> new Method.Get(id("target"), want(), arguments.integer("seq"));
                case "put" -> put();
                case "sample_infohashes" -> new Method.SampleInfohashes(id("target"), want());
                default ->
                    new Method.Unknown(
                            name,
                            arguments
                                    .string("target")
                                    .or(() -> arguments.string("info_hash"))
                                    .filter(target -> target.length() == NodeId.BYTES)
                                    .map(NodeId::of),
                            want());
            };
        }

        private Method announce() throws KrpcException {
            var infoHash = id("info_hash");
            boolean impliedPort = isSet(arguments, "implied_port");
            long port = arguments.integer("port").orElse(0);
            if (port < 0 || port > MAX_PORT || (port == 0 && !impliedPort)) {
                throw wrong("bad port");
            }
            return new Method.AnnouncePeer(infoHash, (int) port, impliedPort, isSet(arguments, "seed"), token());
        }

        private Method put() throws KrpcException {
            if (!isCanonical) {
                throw wrong("not canonical");
            }
            var value = arguments.get("v").orElseThrow(() -> wrong("no v"));
            var token = token();
            if (arguments.get("k").isEmpty()) {
                return new Method.Put(token, value, Optional.empty());
            }
            var sequence = arguments.integer("seq");
            if (sequence.isEmpty()) {
                throw wrong("no seq");
            }
            var signed = new Method.Put.Signed(
                    string("k"),
                    arguments.string("salt").orElse(BString.EMPTY),
                    sequence.getAsLong(),
                    string("sig"),
                    arguments.integer("cas"));
            return new Method.Put(token, value, Optional.of(signed));
        }

        private NodeId id(String key) throws KrpcException {
            return arguments
                    .string(key)
                    .filter(bytes -> bytes.length() == NodeId.BYTES)
                    .map(NodeId::of)
                    .orElseThrow(() -> wrong("bad " + key));
        }

        private BString token() throws KrpcException {
            return arguments
                    .string("token")
                    .filter(token -> token.length() <= MAX_TOKEN_BYTES)
                    .orElseThrow(() -> wrong("bad token"));
        }

        private BString string(String key) throws KrpcException {
            return arguments.string(key).orElseThrow(() -> wrong("bad " + key));
        }

        private Set<Family> want() {
            var want = EnumSet.noneOf(Family.class);
            for (var entry : arguments.list("want").orElse(BList.EMPTY)) {
                for (var family : Family.values()) {
                    if (entry.equals(BString.of(family.wantKey()))) {
                        want.add(family);
                    }
                }
            }
            return want;
        }

        private KrpcException wrong(String what) {
            return new KrpcException(what, Failure.protocol(transaction, what));
        }
    }

    private static Answer answer(BDict message, BString transaction) throws KrpcException {
        var values = message.dict("r").orElseThrow(() -> new KrpcException("an answer without values"));
        var id = values.string("id")
                .filter(bytes -> bytes.length() == NodeId.BYTES)
                .map(NodeId::of)
                .orElseThrow(() -> new KrpcException("an answer without the id of its node"));
        var contents = new Answer.Contents(
                nodes(values),
                values.string("token").filter(token -> token.length() <= MAX_TOKEN_BYTES),
                peers(values),
                filters(values),
                stored(values),
                samples(values));
        return new Answer(transaction, id, message.string("ip").flatMap(Compact::peer), contents);
    }

    private static Map<Family, List<Contact>> nodes(BDict values) {
        var nodes = new EnumMap<Family, List<Contact>>(Family.class);
        for (var family : Family.values()) {
            values.string(family.nodesKey())
                    .ifPresent(packed -> nodes.put(family, Compact.nodes(packed, family, MAX_NODES)));
        }
        return nodes;
    }

    private static List<InetSocketAddress> peers(BDict values) {
        var peers = new ArrayList<InetSocketAddress>();
        for (var value : values.list("values").orElse(BList.EMPTY)) {
            if (peers.size() == MAX_VALUES) {
                break;
            }
            if (value instanceof BString packed) {
                Compact.peer(packed).ifPresent(peers::add);
            }
        }
        return peers;
    }

    private static Optional<Answer.Filters> filters(BDict values) {
        Function<String, Optional<BString>> filter =
                key -> values.string(key).filter(bytes -> bytes.length() == FILTER_BYTES);
        return filter.apply("BFsd")
                .flatMap(seeds -> filter.apply("BFpe").map(others -> new Answer.Filters(seeds, others)));
    }

    private static Optional<Answer.Stored> stored(BDict values) {
        var value = values.get("v");
        var sequence = values.integer("seq");
        return value.isEmpty() && sequence.isEmpty()
                ? Optional.empty()
                : Optional.of(new Answer.Stored(value, values.string("k"), sequence, values.string("sig")));
    }

    private static Optional<Answer.Samples> samples(BDict values) {
        return values.string("samples").map(packed -> {
            var infoHashes = new ArrayList<NodeId>();
            var from = packed.asByteBuffer();
            while (from.remaining() >= NodeId.BYTES) {
                infoHashes.add(NodeId.read(from));
            }
            return new Answer.Samples(
                    Math.clamp(values.integer("interval").orElse(0), 0, MAX_INTERVAL_SECONDS),
                    Math.clamp(values.integer("num").orElse(infoHashes.size()), 0, Integer.MAX_VALUE),
                    infoHashes);
        });
    }

    private static Failure failure(BDict message, BString transaction) {
        int code = 0;
        var text = "";
        for (var part : message.list("e").orElse(BList.EMPTY)) {
            if (part instanceof BInteger(long number) && code == 0) {
                code = Math.clamp(number, 0, Integer.MAX_VALUE);
            } else if (part instanceof BString words && text.isEmpty()) {
                text = words.substring(0, Math.min(words.length(), MAX_TEXT_BYTES))
                        .utf8();
            }
        }
        return new Failure(transaction, code, text);
    }

    private static boolean isSet(BDict dict, String key) {
        return dict.integer(key).orElse(0) == 1;
    }

    /** The datagram for a message. */
    static byte[] encode(Message message) {
        var top = BDict.builder().put("t", message.transaction()).put("v", VERSION);
        switch (message) {
            case Query query -> {
                top.put("y", QUERY).put("q", name(query.method())).put("a", arguments(query));
                if (query.readOnly()) {
                    top.put("ro", 1);
                }
            }
            case Answer answer -> {
                top.put("y", ANSWER).put("r", values(answer));
                answer.seenAs().ifPresent(address -> top.put("ip", Compact.peer(address)));
            }
            case Failure failure -> {
                BValue code = BInteger.of(failure.code());
                top.put("y", FAILURE).put("e", BList.of(List.of(code, BString.of(failure.text()))));
            }
        }
        return Bencode.encode(top.build());
    }

    private static String name(Method method) {
        return switch (method) {
            case Method.Ping ping -> "ping";
            case Method.FindNode findNode -> "find_node";
            case Method.GetPeers getPeers -> "get_peers";
            case Method.AnnouncePeer announcePeer -> "announce_peer";
            case Method.Get get -> "get";
            case Method.Put put -> "put";
            case Method.SampleInfohashes sample -> "sample_infohashes";
            case Method.Unknown unknown -> unknown.name();
        };
    }

    private static BDict arguments(Query query) {
        var arguments = BDict.builder().put("id", string(query.id()));
        switch (query.method()) {
            case Method.Ping ping -> {}
            case Method.FindNode(NodeId target, Set<Family> want) -> {
                arguments.put("target", string(target));
                putWant(arguments, want);
            }
            case Method.GetPeers(NodeId infoHash, Set<Family> want, boolean noSeed, boolean scrape) -> {
                arguments.put("info_hash", string(infoHash));
                putWant(arguments, want);
                putIfSet(arguments, "noseed", noSeed);
                putIfSet(arguments, "scrape", scrape);
            }
            case Method.AnnouncePeer(NodeId infoHash, int port, boolean impliedPort, boolean seed, BString token) -> {
                arguments.put("info_hash", string(infoHash)).put("port", port).put("token", token);
                putIfSet(arguments, "implied_port", impliedPort);
                putIfSet(arguments, "seed", seed);
            }
            case Method.Get(NodeId target, Set<Family> want, OptionalLong newerThan) -> {
                arguments.put("target", string(target));
                putWant(arguments, want);
                newerThan.ifPresent(sequence -> arguments.put("seq", sequence));
            }
            case Method.Put(BString token, BValue value, Optional<Method.Put.Signed> signed) -> {
                arguments.put("token", token).put("v", value);
                signed.ifPresent(with -> putSigned(arguments, with));
            }
            case Method.SampleInfohashes(NodeId target, Set<Family> want) -> {
                arguments.put("target", string(target));
                putWant(arguments, want);
            }
            case Method.Unknown(String name, Optional<NodeId> target, Set<Family> want) -> {
                target.ifPresent(id -> arguments.put("target", string(id)));
                putWant(arguments, want);
            }
        }
        return arguments.build();
    }

    private static void putSigned(BDict.Builder arguments, Method.Put.Signed signed) {
        arguments.put("k", signed.key()).put("seq", signed.sequence()).put("sig", signed.signature());
        if (signed.salt().length() > 0) {
            arguments.put("salt", signed.salt());
        }
        signed.cas().ifPresent(sequence -> arguments.put("cas", sequence));
    }

    private static void putWant(BDict.Builder arguments, Set<Family> want) {
        if (!want.isEmpty()) {
            arguments.put(
                    "want",
                    BList.of(want.stream()
                            .<BValue>map(family -> BString.of(family.wantKey()))
                            .toList()));
        }
    }

    private static void putIfSet(BDict.Builder arguments, String key, boolean value) {
        if (value) {
            arguments.put(key, 1);
        }
    }

    private static BDict values(Answer answer) {
        var contents = answer.contents();
        var values = BDict.builder().put("id", string(answer.id()));
        contents.nodes().forEach((family, nodes) -> values.put(family.nodesKey(), Compact.nodes(nodes, family)));
        contents.token().ifPresent(token -> values.put("token", token));
        if (!contents.values().isEmpty()) {
            values.put(
                    "values",
                    BList.of(contents.values().stream()
                            .<BValue>map(Compact::peer)
                            .toList()));
        }
        contents.filters()
                .ifPresent(filters -> values.put("BFsd", filters.seeds()).put("BFpe", filters.peers()));
        contents.stored().ifPresent(stored -> {
            stored.value().ifPresent(value -> values.put("v", value));
            stored.key().ifPresent(key -> values.put("k", key));
            stored.sequence().ifPresent(sequence -> values.put("seq", sequence));
            stored.signature().ifPresent(signature -> values.put("sig", signature));
        });
        contents.samples().ifPresent(samples -> {
            values.put("interval", samples.intervalSeconds()).put("num", samples.count());
            values.put("samples", packed(samples.infoHashes()));
        });
        return values.build();
    }

    private static BString packed(List<NodeId> infoHashes) {
        var packed = new byte[infoHashes.size() * NodeId.BYTES];
        for (int i = 0; i < infoHashes.size(); i++) {
            System.arraycopy(infoHashes.get(i).toBytes(), 0, packed, i * NodeId.BYTES, NodeId.BYTES);
        }
        return BString.of(packed);
    }

    private static BString string(NodeId id) {
        return BString.of(id.toBytes());
    }
}
