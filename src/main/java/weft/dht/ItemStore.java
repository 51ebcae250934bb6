package weft.dht;

import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The items that a node keeps for others, for two hours after they were last put (BEP 44). Bounded in number, and each in
 * length, so some 1.5 KB an item at most. When it is full, the item that is farthest from the node makes way for a nearer
 * one: others know the nearer ones less well, and to get near costs whoever wants to fill the store.
 *
 * <p>Any thread uses this. A put of an item that is not there yet verifies a signature, in the caller's thread and outside
 * the lock. That takes half a millisecond or more, so it is the last of all checks that can be made without, and done only
 * as often as it may be: whoever has no token cannot use up what others need.
 */
final class ItemStore {
    /** BEP 44: "these items MAY expire in 2 hours". */
    private static final long LIFETIME_NANOS = TimeUnit.HOURS.toNanos(2);

    /** Why an item was not taken. */
    record Refusal(int code, String text) {}

    private record Kept(Item item, long putNanos) {}

    private final int maxItems;
    private final Supplier<NodeId> self;
    private final BooleanSupplier mayVerify;
    private final LongSupplier nanoTime;

    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock; the one put longest ago comes first
    private final LinkedHashMap<NodeId, Kept> items = new LinkedHashMap<>();

    /** {@code self} tells the id of the node, {@code mayVerify} whether there is time for another signature. */
    ItemStore(int maxItems, Supplier<NodeId> self, BooleanSupplier mayVerify, LongSupplier nanoTime) {
        if (maxItems < 1) {
            throw new IllegalArgumentException("a store for " + maxItems + " items");
        }
        this.maxItems = maxItems;
        this.self = self;
        this.mayVerify = mayVerify;
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
     * @param hasToken whether the query's token was issued to its sender for this target
     */
    Optional<Refusal> put(Method.Put put, Predicate<NodeId> hasToken) {
        var value = ItemValue.received(put.value());
        if (value.isTooLong()) {
            return refused(Failure.VALUE_TOO_BIG, "message (v field) too big");
        }
        return put.signed().isPresent()
                ? putMutable(put.signed().orElseThrow(), value, hasToken)
                : putImmutable(value, hasToken);
    }

    private Optional<Refusal> putImmutable(ItemValue value, Predicate<NodeId> hasToken) {
        var target = NodeId.of(DigestUtils.sha1(value.encoded().toBytes()));
        if (!hasToken.test(target)) {
            return refused(Failure.PROTOCOL, "Protocol Error, bad token");
        }
        var item = new ImmutableItem(value);
        lock.lock();
        try {
            return keep(item);
        } finally {
            lock.unlock();
        }
    }

    private Optional<Refusal> putMutable(Method.Put.Signed signed, ItemValue value, Predicate<NodeId> hasToken) {
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
        // An item that is put again, as it is every hour, was verified the first time.
        var item = get(target)
                .map(kept -> kept instanceof MutableItem mutable ? mutable : null)
                .filter(kept -> kept.isSigned(signed.sequence(), value, signed.signature()));
        if (item.isEmpty()) {
            if (!mayVerify.getAsBoolean()) {
                return refused(Failure.SERVER, "Server Error, busy");
            }
            var key = ItemKey.of(signed.key().toBytes());
            item = MutableItem.verified(key, signed.salt(), signed.sequence(), value, signed.signature());
        }
        return item.isPresent()
                ? replace(item.orElseThrow(), signed.cas())
                : refused(Failure.INVALID_SIGNATURE, "invalid signature");
    }

    private Optional<Refusal> replace(MutableItem item, OptionalLong cas) {
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
            return keep(item);
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. */
    private Optional<Refusal> keep(Item item) {
        dropOld();
        var target = item.target();
        if (!items.containsKey(target) && items.size() >= maxItems) {
            var here = self.get();
            var farthest = items.keySet().stream().max(here.byDistance()).orElseThrow();
            if (here.compareDistances(farthest, target) < 0) {
                return refused(Failure.SERVER, "Server Error, full of nearer items");
            }
            items.remove(farthest);
        }
        items.remove(target);
        items.put(target, new Kept(item, nanoTime.getAsLong())); // at the end
        return Optional.empty();
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
