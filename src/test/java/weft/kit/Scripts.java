package weft.kit;

import java.io.IOException;
import java.util.BitSet;
import java.util.function.IntPredicate;
import weft.kit.Message.Bitfield;
import weft.kit.Message.HaveAll;
import weft.kit.Message.Interested;
import weft.kit.Message.Request;
import weft.kit.Message.Unchoke;

/** What peers commonly do: the honest ones, and what dishonest ones are made of. {@link Hostile} has those. */
public final class Scripts {
    /** Answers one request. */
    @FunctionalInterface
    public interface Answer {
        /** Sends something, or nothing. */
        void to(Request request, FakePeer peer) throws IOException;
    }

    private Scripts() {}

    /** A seed as it should be. */
    public static Script honestSeed() {
        return seed((request, peer) -> peer.serve(request));
    }

    /** Says that it has everything, unchokes whoever is interested, and answers every request so. */
    public static Script seed(Answer answer) {
        return peer -> {
            peer.shakeHands();
            peer.send(new HaveAll());
            serve(peer, answer);
        };
    }

    /** Like {@link #seed}, but has only some of the pieces. */
    public static Script partialSeed(IntPredicate has, Answer answer) {
        return peer -> {
            peer.shakeHands();
            var pieces = new BitSet();
            for (int piece = 0; piece < peer.torrent().pieceCount(); piece++) {
                pieces.set(piece, has.test(piece));
            }
            peer.send(Bitfield.of(pieces, peer.torrent().pieceCount()));
            serve(peer, answer);
        };
    }

    /** Unchokes Weft when it is interested, and answers requests until the connection ends. */
    public static void serve(FakePeer peer, Answer answer) throws IOException {
        while (true) {
            switch (peer.next()) {
                case Interested interested -> peer.send(new Unchoke());
                case Request request -> answer.to(request, peer);
                default -> {} // what Weft has, and what it takes back
            }
        }
    }
}
