package weft.dht;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import weft.bencode.BString;
import weft.bencode.BValue;

/** What a query asks for, with its arguments. {@code want} is empty if the asker did not say (BEP 32). */
sealed interface Method {
    /** BEP 5. */
    record Ping() implements Method {}

    /** BEP 5. */
    record FindNode(NodeId target, Set<Family> want) implements Method {}

    /**
     * BEP 5.
     *
     * @param noSeed BEP 33: leechers rather than seeds, please
     * @param scrape BEP 33: with filters that count
     */
    record GetPeers(NodeId infoHash, Set<Family> want, boolean noSeed, boolean scrape) implements Method {}

    /**
     * BEP 5.
     *
     * @param port where the peer listens; says nothing if {@code impliedPort}, where it is the one the query comes from
     * @param seed BEP 33
     */
    record AnnouncePeer(NodeId infoHash, int port, boolean impliedPort, boolean seed, BString token)
            implements Method {}

    /**
     * BEP 44.
     *
     * @param newerThan send the value only if its sequence number is greater
     */
    record Get(NodeId target, Set<Family> want, OptionalLong newerThan) implements Method {}

    /** BEP 44; {@code signed} is absent for an immutable item. */
    record Put(BString token, BValue value, Optional<Signed> signed) implements Method {
        /**
         * What makes an item mutable.
         *
         * @param key 32 bytes
         * @param salt empty for none
         * @param signature 64 bytes
         * @param cas the sequence number that the item has to have, or else nothing is stored
         */
        record Signed(BString key, BString salt, long sequence, BString signature, OptionalLong cas) {}

        /** Puts an item; {@code cas} counts for a mutable one only. */
        static Put of(Item item, BString token, OptionalLong cas) {
            var signed = item instanceof MutableItem mutable
                    ? Optional.of(new Signed(
                            mutable.key().asString(),
                            mutable.salt(),
                            mutable.sequence(),
                            mutable.signatureAsString(),
                            cas))
                    : Optional.<Signed>empty();
            return new Put(token, item.value(), signed);
        }
    }

    /** BEP 51. */
    record SampleInfohashes(NodeId target, Set<Family> want) implements Method {}

    /** One that we do not know; some of those have a target. */
    record Unknown(String name, Optional<NodeId> target, Set<Family> want) implements Method {}
}
