package weft.dht;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import weft.bencode.BString;

/**
 * Finds the newest item under a key and salt among what the nodes have that a lookup asks, and those that have an older one
 * (BEP 44). Verifies only what would be newer than all so far: an answer costs one signature at the most, and the lookup asks
 * so many nodes at the most that liars cost a fraction of a second. A bound below that would let them hide what is true.
 *
 * <p>One lookup's, used by its thread.
 */
final class NewestItem implements Lookup.Listener {
    private final ItemKey key;
    private final BString salt;

    private final Map<Contact, Long> sequences = new HashMap<>(); // of what nodes say they have
    private Optional<MutableItem> newest = Optional.empty();

    NewestItem(ItemKey key, BString salt) {
        this.key = key;
        this.salt = salt;
    }

    @Override
    public void answered(Contact node, Answer.Contents contents) {
        contents.stored().ifPresent(stored -> {
            long sequence = stored.sequence().orElse(-1);
            sequences.put(node, sequence);
            boolean isNews = newest.isEmpty() || sequence > newest.orElseThrow().sequence();
            if (isNews) {
                newest = MutableItem.received(key, salt, stored).or(() -> newest);
            }
        });
    }

    /** What was found in the end. */
    Optional<MutableItem> newest() {
        return newest;
    }

    /** What a node is to be told that has an older item than is known now. */
    Optional<Method> update(Lookup.Found found) {
        long its = sequences.getOrDefault(found.node(), Long.MAX_VALUE);
        return newest.filter(item -> item.sequence() > its)
                .flatMap(item -> found.token().map(token -> Method.Put.of(item, token, OptionalLong.empty())));
    }
}
