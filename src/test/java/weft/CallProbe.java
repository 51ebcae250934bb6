package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntConsumer;
import weft.metainfo.InfoHash;

/**
 * Calls every public method of a torrent and its client whose name does not say that it waits, in random order, again
 * and again, and measures each call. By reflection: a method that is added is called too.
 */
final class CallProbe {
    /** Waiting is what these are for; so it is of all that begin with "await". */
    private static final Set<String> WAITING = Set.of("open", "add", "close", "hashCheck");

    private static final Duration P99 = Duration.ofMillis(50);

    /** Of a single call, on a machine that is busy with other things: what waits for a disk that hangs takes longer. */
    private static final Duration SLOWEST = Duration.ofSeconds(2);

    private record Target(Object object, Method method) {}

    private record Timed(long nanos, Target target) {}

    private final Torrent torrent;
    private final List<Target> targets = new ArrayList<>();
    private final Random random = new Random(11);

    CallProbe(Client client, Torrent torrent) {
        this.torrent = torrent;
        for (Object object : List.of(client, torrent)) {
            for (Method method : object.getClass().getDeclaredMethods()) {
                boolean waits =
                        WAITING.contains(method.getName()) || method.getName().startsWith("await");
                if (Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers()) && !waits) {
                    targets.add(new Target(object, method));
                }
            }
        }
    }

    /** The methods that are called, by name. */
    List<String> names() {
        return targets.stream().map(target -> target.method().getName()).toList();
    }

    /** Calls all of them so many times; fails unless 99 of 100 return within 50 ms, and all soon. Says what was measured. */
    String assertNoCallWaits(int rounds) throws ReflectiveOperationException {
        var calls = new ArrayList<Timed>();
        for (int round = 0; round < rounds; round++) {
            Collections.shuffle(targets, random);
            for (Target target : targets) {
                calls.add(call(target));
            }
        }
        calls.sort(Comparator.comparingLong(Timed::nanos));
        var p99 = calls.get(calls.size() * 99 / 100);
        var slowest = calls.getLast();
        var measured = "%d calls of %d methods: p99 %.3f ms, slowest %.1f ms (%s)"
                .formatted(
                        calls.size(),
                        targets.size(),
                        p99.nanos() / 1e6,
                        slowest.nanos() / 1e6,
                        slowest.target().method().getName());
        assertThat(Duration.ofNanos(p99.nanos())).as(measured).isLessThan(P99);
        if (slowest.nanos() >= SLOWEST.toNanos()) { // perhaps the whole machine stood still
            assertThat(Duration.ofNanos(call(slowest.target()).nanos()))
                    .as("the slowest once more, after " + measured)
                    .isLessThan(SLOWEST);
        }
        return measured;
    }

    private Timed call(Target target) throws ReflectiveOperationException {
        var arguments = Arrays.stream(target.method().getParameterTypes())
                .map(this::argument)
                .toArray();
        long began = System.nanoTime();
        try {
            target.method().invoke(target.object(), arguments);
        } catch (InvocationTargetException e) {
            throw new AssertionError(target.method() + " failed", e.getCause());
        }
        return new Timed(System.nanoTime() - began, target);
    }

    private Object argument(Class<?> type) {
        if (type == int.class) {
            return random.nextInt(1, 3); // a file, or its priority
        }
        if (type == boolean.class) {
            return random.nextBoolean();
        }
        if (type == InetSocketAddress.class) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        }
        if (type == InfoHash.class) {
            return torrent.infoHash();
        }
        if (type == TorrentListener.class) {
            return new TorrentListener() {};
        }
        if (type == IntConsumer.class) {
            return (IntConsumer) piece -> {};
        }
        if (type == Runnable.class) {
            return (Runnable) () -> {};
        }
        throw new AssertionError("what is to be given for a " + type + "? CallProbe does not know yet");
    }
}
