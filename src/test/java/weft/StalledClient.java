package weft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import weft.kit.Await;
import weft.storage.Storage;

/**
 * A program that downloads three torrents in one client: one into a storage whose writes do not return and hold the
 * thread that calls, one into files that may be such as cannot be opened for now, and one that nothing is wrong with. Fails
 * unless that one comes in, no call waits, the others say that it is the disk, and closing takes less than five seconds.
 *
 * <p>{@code StalledClient DIRECTORY PORT PORT PORT TORRENT TORRENT TORRENT}: for each torrent, the port of its seed.
 */
final class StalledClient {
    private static final int ROUNDS = 100;

    private StalledClient() {}

    /** Blocks whoever writes, in native code: a read of standard input, which never comes. */
    private static final class HoldingStorage implements Storage {
        private final CountDownLatch held = new CountDownLatch(1);

        @Override
        @SuppressWarnings("resource") // standard input is not ours to close
        public void write(int piece, int begin, ByteBuffer block) throws IOException {
            held.countDown();
            int end = new FileInputStream(FileDescriptor.in).read();
            throw new IOException("standard input has ended: " + end);
        }

        @Override
        public void read(int piece, int begin, ByteBuffer target) throws IOException {
            throw new IOException("nothing was ever written");
        }

        @Override
        public boolean mayHold(int piece) {
            return false;
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    public static void main(String[] args) throws Exception {
        var directory = Path.of(args[0]);
        var client = Client.open();
        var storage = new HoldingStorage();
        var held = client.add(
                Path.of(args[4]),
                AddOptions.into(directory.resolve("held")).withStorage(storage).withPeers(seed(args[1])));
        storage.held.await();
        System.out.println("a storage holds who calls it");
        var unopenable = client.add(
                Path.of(args[5]), AddOptions.into(directory.resolve("leased")).withPeers(seed(args[2])));
        Await.until("it is at it", () -> unopenable.state() != TorrentState.STOPPED);

        var healthy = client.add(
                Path.of(args[6]), AddOptions.into(directory.resolve("healthy")).withPeers(seed(args[3])));
        long began = System.nanoTime();
        assertThat(healthy.awaitComplete(Await.PATIENCE))
                .as("the healthy torrent")
                .isTrue();
        System.out.printf("the healthy torrent took %.2f s%n", (System.nanoTime() - began) / 1e9);

        Await.until(
                () -> "the disk is named: " + held.diagnosis(),
                () -> held.diagnosis().cause() == Diagnosis.Cause.DISK_BUSY);
        Await.until(
                () -> "it is complete or says why not: " + unopenable.diagnosis(),
                () -> unopenable.isComplete() || unopenable.diagnosis().cause() == Diagnosis.Cause.DISK_BUSY);

        for (Torrent torrent : List.of(held, unopenable)) {
            System.out.println("platform thread: " + new CallProbe(client, torrent).assertNoCallWaits(ROUNDS));
            System.out.println("virtual thread: "
                    + onVirtualThread(
                            new FutureTask<>(() -> new CallProbe(client, torrent).assertNoCallWaits(ROUNDS))));
        }
        System.out.println("others: " + unopenable.state() + ", "
                + unopenable.pieces().cardinality() + " pieces, " + unopenable.diagnosis());

        began = System.nanoTime();
        client.close();
        var time = Duration.ofNanos(System.nanoTime() - began);
        assertThat(time).isLessThan(Duration.ofSeconds(5));
        System.out.println("closed in " + time.toMillis() + " ms");
    }

    private static List<InetSocketAddress> seed(String port) {
        return List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port)));
    }

    private static String onVirtualThread(FutureTask<String> probe) throws InterruptedException, ExecutionException {
        Thread.ofVirtual().name("probe").start(probe);
        return probe.get();
    }
}
