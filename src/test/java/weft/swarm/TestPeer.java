package weft.swarm;

import java.util.List;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import weft.kit.FakeChannel;
import weft.picker.PiecePicker;
import weft.wire.ExtensionHandshake;
import weft.wire.PeerId;
import weft.wire.Reserved;

/** Makes peers of which nobody reads and writes. */
final class TestPeer {

    private TestPeer() {}

    /** One that has connected to us. */
    static Peer of(
            FakeChannel channel, Reserved reserved, PiecePicker picker, RandomGenerator random, LongSupplier clock) {
        return new Peer(
                "9dd66bca",
                channel,
                false,
                PeerId.generate(random),
                reserved,
                picker,
                ExtensionTable.of(List.of()),
                ExtensionHandshake.EMPTY,
                clock);
    }
}
