package weft.tracker;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import weft.concurrent.WorkerPool;

/** Finds the addresses of a name; a plug-in point so that tests need no name service. */
@FunctionalInterface
public interface HostResolver {
    /** All addresses of {@code host}, in the order to try them; never empty. */
    List<InetAddress> resolve(String host) throws UnknownHostException, InterruptedException;

    /**
     * The system's name service. The JDK's look-up is a native call that holds a carrier thread for as long as the name
     * servers are silent, so it is made on the platform threads of {@code pool}; addresses written as numbers need none.
     */
    @SuppressWarnings("exports")
    static HostResolver system(WorkerPool pool) {
        return host -> {
            var literal = IpLiteral.parse(host);
            if (literal.isPresent()) {
                return List.of(literal.get());
            }
            try {
                return List.of(pool.call(() -> InetAddress.getAllByName(host)));
            } catch (UnknownHostException | InterruptedException e) {
                throw e;
            } catch (RejectedExecutionException | CancellationException e) {
                throw new InterruptedException("the name look-ups are closed");
            } catch (Exception e) {
                throw new IllegalStateException(e); // getAllByName throws nothing else
            }
        };
    }
}
