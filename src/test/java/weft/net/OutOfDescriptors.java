package weft.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import weft.concurrent.TaskScope;
import weft.kit.LogBook;

/** A process that has no file descriptor left when somebody connects. Run by {@link TcpListenerProcessTest}. */
final class OutOfDescriptors {
    private OutOfDescriptors() {}

    public static void main(String[] args) throws Exception {
        try (var log = LogBook.open();
                var scope = TaskScope.supervised("weft starved", (task, failure) -> failure.printStackTrace());
                var listener = TcpListener.open(InetAddress.getLoopbackAddress(), 0)) {
            scope.closeFirst(listener);
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.port());
            var accepted = new LinkedBlockingQueue<PeerChannel>();
            var asked = new AtomicInteger();
            scope.fork("acceptor", () -> listener.acceptInto(accepted::add, () -> asked.incrementAndGet() < 0));
            connectFirst(address, accepted);
            System.getLogger("weft.net").log(System.Logger.Level.WARNING, "one before: the classes for it are loaded");
            var clients = new ArrayList<SocketChannel>();
            for (int i = 0; i < 3; i++) {
                clients.add(SocketChannel.open());
            }
            var files = openAll();

            for (SocketChannel client : clients) {
                client.connect(address); // the system does that, into the listener's backlog
            }
            check(accepted.poll(1, TimeUnit.SECONDS) == null, "there is no descriptor to accept with");
            check(asked.get() > 0, "a connection that can be spared is asked for");
            check(log.faults().size() == 2, "it is said once: " + log.faults());

            for (int i = 0; i < clients.size(); i++) {
                files.removeLast().close();
            }
            for (int i = 0; i < clients.size(); i++) {
                check(accepted.poll(10, TimeUnit.SECONDS) != null, "all are accepted in the end");
            }
            check(log.faults().size() == 2, "nothing more is wrong: " + log.faults());
        }
    }

    /** Loads the classes that it takes, while there are descriptors. */
    private static void connectFirst(InetSocketAddress address, LinkedBlockingQueue<PeerChannel> accepted)
            throws IOException, InterruptedException {
        try (var client = SocketChannel.open(address)) {
            check(client.isConnected() && accepted.take() != null, "the first is accepted");
        }
    }

    private static ArrayDeque<FileChannel> openAll() {
        var files = new ArrayDeque<FileChannel>();
        try {
            while (true) {
                files.add(FileChannel.open(Path.of("/dev/null")));
            }
        } catch (IOException full) {
            return files;
        }
    }

    private static void check(boolean isSo, String claim) {
        if (!isSo) {
            throw new AssertionError(claim);
        }
    }
}
