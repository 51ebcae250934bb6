package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import weft.bencode.BString;
import weft.bencode.BValue;
import weft.kit.FakeClock;

class ItemStoreTest {
    private static final ItemKeyPair KEYS = ItemKeyPair.ofSeed(new byte[32]);
    private static final BString SALT = BString.of("salt");
    private static final NodeId SELF = NodeId.parse("0".repeat(40));

    private int verifications = Integer.MAX_VALUE;
    private final FakeClock clock = new FakeClock();
    private final ItemStore store = new ItemStore(10, () -> SELF, this::verify, clock);

    private boolean verify(Runnable verification) {
        if (verifications-- <= 0) {
            return false;
        }
        verification.run();
        return true;
    }

    /** Whatever the store says at once, as the verifier is not another thread here. */
    private Optional<ItemStore.Refusal> offer(Method.Put put, Predicate<NodeId> token) {
        var said = new ArrayList<Optional<ItemStore.Refusal>>();
        store.put(put, InetAddress.getLoopbackAddress(), token, said::add);
        assertThat(said).hasSize(1);
        return said.getFirst();
    }

    @Test
    void keepsWhatIsPut() {
        var immutable = ImmutableItem.of(BString.of("one"));
        var mutable = item(1, "two");

        assertThat(put(immutable.value())).isEmpty();
        assertThat(put(mutable)).isEmpty();

        assertThat(store.get(immutable.target())).contains(immutable);
        assertThat(store.get(mutable.target())).contains(mutable);
        assertThat(store.get(SELF)).isEmpty();
        assertThat(store.size()).isEqualTo(2);
    }

    @Test
    void aNewerValueReplacesAnOlderOne() {
        put(item(1, "one"));

        assertThat(put(item(Long.MAX_VALUE, "two"))).isEmpty();

        assertThat(store.get(item(1, "").target())).contains(item(Long.MAX_VALUE, "two"));
        assertThat(store.size()).isEqualTo(1);
    }

    @Test
    void anOlderValueIsRefused() {
        put(item(5, "five"));

        assertThat(refusal(item(4, "four"))).isEqualTo(302);
        assertThat(refusal(item(5, "another five"))).isEqualTo(302);
        assertThat(store.get(item(5, "").target())).contains(item(5, "five"));
    }

    @Test
    void compareAndSwapGoesByTheNumberThatIsKept() {
        assertThat(put(put(item(5, "five"), OptionalLong.of(3)))).isEmpty(); // there is none yet: cas is ignored

        assertThat(refusal(put(item(6, "six"), OptionalLong.of(4)))).isEqualTo(301);
        assertThat(refusal(put(item(4, "four"), OptionalLong.of(3)))).isEqualTo(301); // before the old number
        assertThat(put(put(item(6, "six"), OptionalLong.of(5)))).isEmpty();

        assertThat(store.get(item(6, "").target())).contains(item(6, "six"));
    }

    /** libtorrent's order: size, salt, token, sequence number, signature, cas, old sequence number. */
    @Test
    void ofSeveralFaultsTheFirstIsTold() {
        put(item(5, "five"));
        var good = signed(item(5, "five"));
        var tooLong = BString.of("x".repeat(997));
        var longSalt = new Method.Put.Signed(
                good.key(), BString.of(new byte[65]), -1, BString.of(new byte[64]), OptionalLong.of(7));
        var negative = new Method.Put.Signed(good.key(), SALT, -1, BString.of(new byte[64]), OptionalLong.of(7));
        var forged = new Method.Put.Signed(good.key(), SALT, 4, BString.of(new byte[64]), OptionalLong.of(7));

        assertThat(refusal(tooLong, longSalt, target -> false)).isEqualTo(205);
        assertThat(refusal(SALT, longSalt, target -> false)).isEqualTo(207);
        assertThat(offer(new Method.Put(SALT, SALT, Optional.of(negative)), target -> false))
                .hasValueSatisfying(refusal -> assertThat(refusal.text()).contains("token"));
        assertThat(offer(new Method.Put(SALT, SALT, Optional.of(negative)), target -> true))
                .hasValueSatisfying(refusal -> {
                    assertThat(refusal.code()).isEqualTo(203);
                    assertThat(refusal.text()).contains("negative sequence number");
                });
        assertThat(refusal(SALT, forged, target -> true)).isEqualTo(206);
        assertThat(refusal(put(item(4, "four"), OptionalLong.of(7)))).isEqualTo(301);
        assertThat(refusal(item(4, "four"))).isEqualTo(302);
        assertThat(store.size()).isEqualTo(1);
    }

    @Test
    void immutableItemNeedsATokenAndFits() {
        var put = new Method.Put(SALT, BString.of("x"), Optional.empty());
        assertThat(offer(put, target -> false).orElseThrow().code()).isEqualTo(203);
        var tooLong = new Method.Put(SALT, BString.of("x".repeat(997)), Optional.empty());
        assertThat(offer(tooLong, target -> true).orElseThrow().code()).isEqualTo(205);
        assertThat(store.size()).isZero();
    }

    @Test
    void tokenIsAskedForTheTargetOfTheItem() {
        var item = item(1, "one");
        var immutable = ImmutableItem.of(BString.of("one"));

        assertThat(offer(put(item, OptionalLong.empty()), item.target()::equals))
                .isEmpty();
        assertThat(offer(new Method.Put(SALT, immutable.value(), Optional.empty()), immutable.target()::equals))
                .isEmpty();
    }

    @Test
    void keysAndSignaturesOfOtherLengthsAreRefused() {
        var good = signed(item(1, "one"));
        for (int length : new int[] {0, 31, 33, 63, 65}) {
            var bytes = BString.of(new byte[length]);
            assertThat(refusal(
                            SALT,
                            new Method.Put.Signed(bytes, SALT, 1, good.signature(), OptionalLong.empty()),
                            target -> true))
                    .isEqualTo(203);
            assertThat(refusal(
                            SALT,
                            new Method.Put.Signed(good.key(), SALT, 1, bytes, OptionalLong.empty()),
                            target -> true))
                    .isEqualTo(203);
        }
    }

    @Test
    void itemIsForgottenTwoHoursAfterItWasLastPut() {
        put(item(1, "one"));
        put(BString.of("immutable"));
        clock.advance(Duration.ofMinutes(100));
        assertThat(put(item(1, "one"))).isEmpty(); // the same once more
        clock.advance(Duration.ofMinutes(21));

        assertThat(store.size()).isEqualTo(1);
        assertThat(store.get(item(1, "").target())).contains(item(1, "one"));

        clock.advance(Duration.ofMinutes(100));

        assertThat(store.size()).isZero();
        assertThat(put(item(0, "older"))).isEmpty(); // nobody remembers the number
    }

    @Test
    void onlyWhatIsNewAndHasATokenIsVerified() {
        verifications = 2;
        put(item(1, "one"));

        assertThat(put(item(1, "one"))).isEmpty();
        assertThat(offer(put(item(2, "two"), OptionalLong.empty()), target -> false)
                        .orElseThrow()
                        .code())
                .isEqualTo(203);
        assertThat(verifications).isEqualTo(1);

        assertThat(put(item(2, "two"))).isEmpty();
        assertThat(refusal(item(3, "three"))).isEqualTo(202); // no more of them
        assertThat(put(item(2, "two"))).isEmpty();
        assertThat(put(BString.of("immutable"))).isEmpty();
    }

    @Test
    void nearestItemsAreKeptWhenItIsFull() {
        var puts = new TreeMap<NodeId, BValue>(); // from SELF, which is 0
        for (int i = 0; i < 1000; i++) {
            var value = BString.of("value " + i);
            puts.put(ImmutableItem.of(value).target(), value);
            var refusal = put(value);
            assertThat(store.size()).isLessThanOrEqualTo(10);
            refusal.ifPresent(full -> assertThat(full.code()).isEqualTo(202));
        }

        assertThat(puts.keySet().stream().limit(10))
                .allSatisfy(target -> assertThat(store.get(target)).isPresent());
        assertThat(put(puts.firstEntry().getValue())).isEmpty(); // what is there may be put again
        assertThat(store.size()).isEqualTo(10);
    }

    @Test
    void oneHostDoesNotFillTheStore() throws UnknownHostException {
        var roomy = new ItemStore(100, () -> SELF, this::verify, clock);
        var taken = new HashMap<String, Integer>();
        for (var host : List.of("203.0.113.7", "2001:db8:1:2::", "203.0.113.8", "127.0.0.1")) {
            for (int i = 0; i < 20; i++) {
                var from = InetAddress.getByName(host.endsWith("::") ? host + i : host);
                var put = new Method.Put(SALT, BString.of(host + i), Optional.empty());
                roomy.put(
                        put,
                        from,
                        target -> true,
                        refusal -> taken.merge(host, refusal.isEmpty() ? 1 : 0, Integer::sum));
            }
        }

        assertThat(taken)
                .containsEntry("203.0.113.7", 16)
                .containsEntry("2001:db8:1:2::", 16)
                .containsEntry("203.0.113.8", 16)
                .containsEntry("127.0.0.1", 20);
    }

    @Test
    void whoHasTooManyItemsMayStillReplaceThemAndKeepOthersAlive() throws UnknownHostException {
        var roomy = new ItemStore(100, () -> SELF, this::verify, clock);
        var refusals = new ArrayList<ItemStore.Refusal>();
        var full = InetAddress.getByName("203.0.113.7");
        roomy.put(
                put(item(1, "one"), OptionalLong.empty()), InetAddress.getByName("203.0.113.8"), t -> true, none -> {});
        for (int i = 0; i < 16; i++) {
            roomy.put(
                    new Method.Put(SALT, BString.of("" + i), Optional.empty()),
                    full,
                    t -> true,
                    r -> r.ifPresent(refusals::add));
        }
        assertThat(refusals).isEmpty();

        roomy.put(
                new Method.Put(SALT, BString.of("3"), Optional.empty()),
                full,
                t -> true,
                r -> r.ifPresent(refusals::add));
        roomy.put(put(item(2, "two"), OptionalLong.empty()), full, t -> true, r -> r.ifPresent(refusals::add));
        assertThat(refusals).isEmpty();

        verifications = 0; // it is refused before a signature is verified
        roomy.put(
                put(MutableItem.sign(KEYS, BString.of("other"), 1, SALT), OptionalLong.empty()),
                full,
                t -> true,
                r -> r.ifPresent(refusals::add));
        assertThat(refusals)
                .singleElement()
                .satisfies(refusal -> assertThat(refusal.text()).contains("of yours"));
        clock.advance(Duration.ofHours(2).plusMinutes(1));
        roomy.put(
                new Method.Put(SALT, BString.of("new"), Optional.empty()),
                full,
                t -> true,
                r -> r.ifPresent(refusals::add));
        assertThat(refusals).hasSize(1);
    }

    private Optional<ItemStore.Refusal> put(BValue value) {
        return offer(new Method.Put(SALT, value, Optional.empty()), target -> true);
    }

    private Optional<ItemStore.Refusal> put(MutableItem item) {
        return put(put(item, OptionalLong.empty()));
    }

    private Optional<ItemStore.Refusal> put(Method.Put put) {
        return offer(put, target -> true);
    }

    private int refusal(MutableItem item) {
        return put(item).orElseThrow().code();
    }

    private int refusal(Method.Put put) {
        return put(put).orElseThrow().code();
    }

    private int refusal(BValue value, Method.Put.Signed signed, Predicate<NodeId> token) {
        return offer(new Method.Put(SALT, value, Optional.of(signed)), token)
                .orElseThrow()
                .code();
    }

    private static Method.Put put(MutableItem item, OptionalLong cas) {
        var signed = signed(item);
        return new Method.Put(
                BString.of("token"),
                item.value(),
                Optional.of(new Method.Put.Signed(
                        signed.key(), signed.salt(), signed.sequence(), signed.signature(), cas)));
    }

    private static Method.Put.Signed signed(MutableItem item) {
        return new Method.Put.Signed(
                BString.of(item.key().toBytes()),
                item.salt(),
                item.sequence(),
                BString.of(item.signature()),
                OptionalLong.empty());
    }

    private static MutableItem item(long sequence, String value) {
        return MutableItem.sign(KEYS, SALT, sequence, BString.of(value));
    }
}
