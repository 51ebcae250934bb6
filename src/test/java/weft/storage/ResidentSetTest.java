package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ResidentSetTest {

    private final List<String> released = new ArrayList<>();

    private class Thing extends Resident {
        private final String name;

        Thing(ResidentSet set, String name, long cost) {
            super(set, cost);
            this.name = name;
        }

        @Override
        void release() {
            released.add(name);
        }
    }

    private Thing added(ResidentSet set, String name, long cost) {
        assertThat(set.reserve(cost)).isTrue();
        var thing = new Thing(set, name, cost);
        set.add(thing);
        return thing;
    }

    @Test
    void theLeastRecentlyUsedMakesRoom() {
        var set = new ResidentSet(30);
        var a = added(set, "a", 10);
        added(set, "b", 10);
        added(set, "c", 10);
        set.reserve(0); // time passes
        assertThat(a.pin()).isTrue();
        a.unpin();

        added(set, "d", 10);
        added(set, "e", 10);

        assertThat(released).containsExactly("b", "c");
        assertThat(set.used()).isEqualTo(30);
    }

    @Test
    void whatIsNotReleasableIsPassedOver() {
        var set = new ResidentSet(20);
        set.reserve(10);
        set.add(new Thing(set, "stuck", 10) {
            @Override
            boolean isReleasable() {
                return false;
            }
        });
        added(set, "b", 10);

        added(set, "c", 10);

        assertThat(released).containsExactly("b");
    }

    @Test
    void asManyGoAsAreNeeded() {
        var set = new ResidentSet(30);
        added(set, "a", 10);
        added(set, "b", 10);
        added(set, "c", 10);

        added(set, "d", 15);

        assertThat(released).containsExactly("a", "b");
        assertThat(set.used()).isEqualTo(25);
    }

    @Test
    void whatIsPinnedStays() {
        var set = new ResidentSet(20);
        var a = added(set, "a", 10);
        var b = added(set, "b", 10);
        a.pin();
        b.pin();

        assertThat(set.reserve(1)).isFalse();
        assertThat(set.used()).isEqualTo(20);

        b.unpin();

        assertThat(set.reserve(1)).isTrue();
        assertThat(released).containsExactly("b");
    }

    @Test
    void whatIsInUseFromTheFirstMomentMakesRoomForNobody() {
        var set = new ResidentSet(10);
        set.reserve(10);
        var a = new Thing(set, "a", 10);
        set.addPinned(a);

        assertThat(set.reserve(10)).isFalse();
        assertThat(released).isEmpty();

        a.unpin();
        assertThat(set.reserve(10)).isTrue();
        assertThat(released).containsExactly("a");
    }

    @Test
    void whatIsOverBudgetIsCountedToo() {
        var set = new ResidentSet(1);
        var a = added(set, "a", 1);
        a.pin();

        set.reserveAtAnyRate(1);

        assertThat(set.used()).isEqualTo(2);
        set.unreserve(1);
        assertThat(set.used()).isEqualTo(1);
    }

    @Test
    void whatIsDoomedGoesWithItsLastPin() {
        var set = new ResidentSet(20);
        var a = added(set, "a", 10);
        a.pin();
        a.pin();

        a.doom();
        a.doom();

        assertThat(a.pin()).isFalse();
        a.unpin();
        assertThat(released).isEmpty();
        assertThat(set.used()).isEqualTo(10);
        a.unpin();
        assertThat(released).containsExactly("a");
        assertThat(set.used()).isZero();
        a.doom();
        assertThat(released).hasSize(1);
    }

    @Test
    void whatIsReleasedCannotBePinned() {
        var set = new ResidentSet(10);
        var a = added(set, "a", 10);

        assertThat(a.evict()).isTrue();

        assertThat(a.pin()).isFalse();
        assertThat(a.evict()).isFalse();
        assertThat(set.used()).isZero();
    }

    @Test
    void nobodyEverUsesWhatWasReleased() throws Exception {
        var set = new ResidentSet(3);
        var slots = new AtomicReferenceArray<Guarded>(10);
        var made = new AtomicInteger();
        var misuses = new AtomicInteger();
        StorageContractTest.inVirtualThreads(50, i -> {
            var random = new Random(i);
            for (int round = 0; round < 2_000; round++) {
                int index = random.nextInt(10);
                Guarded thing = slots.get(index);
                if (thing != null && thing.pin()) {
                    if (thing.gone) {
                        misuses.incrementAndGet();
                    }
                    Thread.onSpinWait();
                    if (thing.gone) {
                        misuses.incrementAndGet();
                    }
                    thing.unpin();
                } else if (set.reserve(1)) {
                    var fresh = new Guarded(set);
                    made.incrementAndGet();
                    set.addPinned(fresh);
                    Guarded earlier = slots.getAndSet(index, fresh);
                    if (earlier != null) {
                        earlier.doom();
                    }
                    if (fresh.gone) {
                        misuses.incrementAndGet();
                    }
                    fresh.unpin();
                }
            }
        });

        assertThat(misuses).hasValue(0);
        assertThat(made).hasValueGreaterThan(10);
        assertThat(set.used()).isBetween(1L, 3L);
    }

    private static final class Guarded extends Resident {
        private volatile boolean gone;

        Guarded(ResidentSet set) {
            super(set, 1);
        }

        @Override
        void release() {
            gone = true;
        }
    }
}
