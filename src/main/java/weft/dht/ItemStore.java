package weft.dht;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.commons.codec.digest.DigestUtils;
import weft.net.Subscriber;

/**
 * The items that a node keeps for others, for two hours after they were last put (BEP 44). Bounded in number, and each in
 * length, so some 1.5 KB an item at most. One subscriber has {@value #MAX_PER_SUBSCRIBER} of them. When it is full, the
 * item that is farthest from the node makes way for a nearer one: others know the nearer ones less well, and to get near
 * costs whoever wants to fill the store.
 *
 * <p>Any thread uses this. That a signature is verified takes half a millisecond or more, so it is the last of all checks
 * that can be made without, left to others than the caller, and done only as often as they do it: whoever has no token
 * cannot use up what others need.
 */
final class ItemStore {
    /** BEP 44: "these items MAY expire in 2 hours". */
    private static final long LIFETIME_NANOS = TimeUnit.HOURS.toNanos(2);

    /**
     * An item has eight nodes of millions, so even whoever has thousands of items puts hardly one of them here. In local
     * networks, which may be a DHT of their own, there is nobody to fear.
     */
    static final int MAX_PER_SUBSCRIBER = 16;

    /** Why an item was not taken. */
    record Refusal(int code, String text) {}

    /** {@code by} is who brought it first; whoever puts it again only keeps it alive. */
    private record Kept(Item item, InetAddress by, long putNanos) {}

    private final int maxItems;
    private final Supplier<NodeId> self;
    private final Predicate<Runnable> verifier;
    private final LongSupplier nanoTime;

    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock; the one put longest ago comes first
    private final LinkedHashMap<NodeId, Kept> items = new LinkedHashMap<>();

    /**
     * {@code self} tells the id of the node; {@code verifier} verifies a signature now or, on another thread, later, and
     * says whether there is time for that.
     */
    ItemStore(int maxItems, Supplier<NodeId> self, Predicate<Runnable> verifier, LongSupplier nanoTime) {
        if (maxItems < 1) {
            throw new IllegalArgumentException("a store for " + maxItems + " items");
        }
        this.maxItems = maxItems;
        this.self = self;
        this.verifier = verifier;
        this.nanoTime = nanoTime;
    }

    /** What is kept under this target. */
    Optional<Item> get(NodeId target) {
        lock.lock();
        try {
            dropOld();
            return Optional.ofNullable(items.get(target)).map(Kept::item);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Keeps what the query brings, or says why not; the checks are in the order of libtorrent's, so that who does two
     * things wrong hears the same from both.
     *
     * @param from who sends it
     * @param hasToken whether the query's token was issued to its sender for this target
     * @param then hears of a refusal, or that there is none: before this returns or, if a signature is verified first, later
     *     on the verifier's thread
     */
    void put(Method.Put put, InetAddress from, Predicate<NodeId> hasToken, Consumer<Optional<Refusal>> then) {
        var value = ItemValue.received(put.value());
        if (value.isTooLong()) {
            then.accept(refused(Failure.VALUE_TOO_BIG, "message (v field) too big"));
        } else if (put.signed().isPresent()) {
            putMutable(put.signed().orElseThrow(), value, from, hasToken, then);
        } else {
            then.accept(putImmutable(value, from, hasToken));
        }
    }

    private Optional<Refusal> putImmutable(ItemValue value, InetAddress from, Predicate<NodeId> hasToken) {
        var target = NodeId.of(DigestUtils.sha1(value.encoded().toBytes()));
        if (!hasToken.test(target)) {
            return refused(Failure.PROTOCOL, "Protocol Error, bad token");
        }
        var item = new ImmutableItem(value);
        lock.lock();
        try {
            return keep(item, from);
        } finally {
            lock.unlock();
        }
    }

    private void putMutable(
            Method.Put.Signed signed,
            ItemValue value,
            InetAddress from,
            Predicate<NodeId> hasToken,
            Consumer<Optional<Refusal>> then) {
        var wrong = whatIsWrong(signed, from, hasToken);
        if (wrong.isPresent()) {
            then.accept(wrong);
            return;
        }
        // An item that is put again, as it is every hour, was verified the first time.
        var same = get(MutableItem.target(signed.key(), signed.salt()))
                .map(kept -> kept instanceof MutableItem mutable ? mutable : null)
                .filter(kept -> kept.isSigned(signed.sequence(), value, signed.signature()));
        if (same.isPresent()) {
            then.accept(replace(same.orElseThrow(), from, signed.cas()));
        } else if (!verifier.test(() -> then.accept(putVerified(signed, value, from)))) {
            then.accept(refused(Failure.SERVER, "Server Error, busy"));
        }
    }

    private Optional<Refusal> whatIsWrong(Method.Put.Signed signed, InetAddress from, Predicate<NodeId> hasToken) {
        if (signed.salt().length() > MutableItem.MAX_SALT_BYTES) {
            return refused(Failure.SALT_TOO_BIG, "salt too big");
        }
        if (signed.key().length() != ItemKey.BYTES || signed.signature().length() != ItemKey.SIGNATURE_BYTES) {
            return refused(Failure.PROTOCOL, "Protocol Error, a key has 32 bytes and a signature 64");
        }
        var target = MutableItem.target(signed.key(), signed.salt());
        if (!hasToken.test(target)) {
            return refused(Failure.PROTOCOL, "Protocol Error, bad token");
        }
        if (signed.sequence() < 0) {
            return refused(Failure.PROTOCOL, "Protocol Error, negative sequence number");
        }
        lock.lock();
        try {
            return whyNoRoom(target, from);
        } finally {
            lock.unlock();
        }
    }

    private Optional<Refusal> putVerified(Method.Put.Signed signed, ItemValue value, InetAddress from) {
        var key = ItemKey.of(signed.key().toBytes());
        var item = MutableItem.verified(key, signed.salt(), signed.sequence(), value, signed.signature());
        return item.isPresent()
                ? replace(item.orElseThrow(), from, signed.cas())
                : refused(Failure.INVALID_SIGNATURE, "invalid signature");
    }

    private Optional<Refusal> replace(MutableItem item, InetAddress from, OptionalLong cas) {
        lock.lock();
        try {
            dropOld();
            var kept = items.get(item.target());
            if (kept != null && kept.item() instanceof MutableItem current) {
                if (cas.isPresent() && cas.getAsLong() != current.sequence()) {
                    return refused(
                            Failure.CAS_MISMATCH,
                            "the sequence number is " + current.sequence() + ", re-read value and try again");
                }
                if (item.sequence() < current.sequence()
                        || (item.sequence() == current.sequence() && !item.hasSameContent(current))) {
                    return refused(Failure.OLD_SEQUENCE, "the sequence number is " + current.sequence() + " already");
                }
            }
            return keep(item, from);
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. */
    private Optional<Refusal> keep(Item item, InetAddress from) {
        var target = item.target();
        var refusal = whyNoRoom(target, from);
        if (refusal.isPresent()) {
            return refusal;
        }
        if (!items.containsKey(target) && items.size() >= maxItems) {
            items.remove(farthest());
        }
        var before = items.remove(target);
        var by = before == null ? Subscriber.of(from) : before.by();
        items.put(target, new Kept(item, by, nanoTime.getAsLong())); // at the end
        return Optional.empty();
    }

    /** Under the lock. */
    private Optional<Refusal> whyNoRoom(NodeId target, InetAddress from) {
        dropOld();
        if (items.containsKey(target)) {
            return Optional.empty();
        }
        if (!NodeId.isExempt(from)) {
            var subscriber = Subscriber.of(from);
            long others = items.values().stream()
                    .filter(kept -> kept.by().equals(subscriber))
                    .count();
            if (others >= MAX_PER_SUBSCRIBER) {
                return refused(Failure.SERVER, "Server Error, too many items of yours");
            }
        }
        return items.size() >= maxItems && self.get().compareDistances(farthest(), target) < 0
                ? refused(Failure.SERVER, "Server Error, full of nearer items")
                : Optional.empty();
    }

    private NodeId farthest() {
        return items.keySet().stream().max(self.get().byDistance()).orElseThrow();
    }

    private void dropOld() {
        long now = nanoTime.getAsLong();
        var eldestFirst = items.values().iterator();
        while (eldestFirst.hasNext() && now - eldestFirst.next().putNanos() > LIFETIME_NANOS) {
            eldestFirst.remove();
        }
    }

    private static Optional<Refusal> refused(int code, String text) {
        return Optional.of(new Refusal(code, text));
    }

    /** How many items are kept. */
    int size() {
        lock.lock();
        try {
            dropOld();
            return items.size();
        } finally {
            lock.unlock();
        }
    }
}
