package weft.kit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import weft.TorrentListener;
import weft.TorrentState;

/**
 * The states that a torrent tells of. It belongs into the options that the torrent is added with: a torrent is in a state a
 * moment before it tells, so who begins to listen when he sees a state may be told of it, or not.
 */
public final class StateLog implements TorrentListener {
    private final List<TorrentState> told = new CopyOnWriteArrayList<>();

    @Override
    public void onStateChanged(TorrentState state) {
        told.add(state);
    }

    /** Those told of so far, in order. */
    public List<TorrentState> told() {
        return List.copyOf(told);
    }

    /** Waits until this one has been told of. */
    public void await(TorrentState state) {
        Await.until(() -> state + " is told, but only " + told + " are", () -> told.contains(state));
    }

    /** Waits until this one, in which the torrent stays, has been told of; {@link #told} is empty from then on. */
    public void forgetUpTo(TorrentState state) {
        await(state);
        told.clear();
    }
}
