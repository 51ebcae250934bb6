package weft.dht;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import weft.bencode.BString;
import weft.kit.LogBook;
import weft.net.AddressVotes;

/** Signatures are not verified by whoever receives datagrams. */
class VerifierTest {
    private static final InetSocketAddress ASKER = new InetSocketAddress("127.0.0.1", 6881);
    private static final NodeId ID = NodeId.parse("f8e966d1e207d02c44511a58dccff2f5429e9a3b");
    private static final ItemKeyPair KEYS = ItemKeyPair.ofSeed(new byte[32]);

    private final SimulatedNetwork time = new SimulatedNetwork(1);
    private final List<byte[]> sent = new ArrayList<>();
    private final Verifier verifier = new Verifier();
    private final Node node = new Node(
            Family.IPV4,
            ID,
            DhtOptions.loopback().withRates(1_000_000, 1_000_000, 1_000_000),
            new AddressVotes(),
            (datagram, to) -> sent.add(datagram),
            verifier::offer,
            time,
            new Random(2));

    private Message last() throws KrpcException {
        return Krpc.decode(sent.getLast());
    }

    private void receive(Method method) {
        node.received(Krpc.encode(new Query(BString.of("aa"), ID, true, method)), ASKER);
    }

    private void put(int number) throws KrpcException {
        var item = MutableItem.sign(KEYS, BString.of("" + number), 1, BString.of("value"));
        receive(new Method.Get(item.target(), Set.of(), OptionalLong.empty()));
        var token = ((Answer) last()).contents().token().orElseThrow();
        receive(Method.Put.of(item, token, OptionalLong.empty()));
    }

    /** Has the thread that verifies end when all is done that came before. */
    private void endHere() {
        assertThat(verifier.offer(() -> Thread.currentThread().interrupt())).isTrue();
    }

    private void verifyAll() {
        assertThatThrownBy(verifier::run).isInstanceOf(InterruptedException.class);
    }

    @Test
    void aPutIsAnsweredWhenItIsVerifiedAndOthersMeanwhile() throws KrpcException {
        put(1);
        assertThat(sent).as("the answer to get").hasSize(1);
        receive(new Method.Ping());
        assertThat(sent).hasSize(2);
        assertThat(node.responder().items()).isZero();

        endHere();
        verifyAll();

        assertThat(sent).hasSize(3);
        assertThat(last()).isInstanceOf(Answer.class);
        assertThat(node.responder().items()).isEqualTo(1);
    }

    @Test
    void whatComesWhileTooManyWaitIsRefusedAndCounted() throws KrpcException {
        for (int i = 1; i < Verifier.MAX_WAITING; i++) {
            put(i);
        }
        endHere();
        assertThat(node.counters().unverified.sum()).isZero();

        for (int i = 0; i < 10; i++) {
            put(-i);
        }

        assertThat(node.counters().unverified.sum()).isEqualTo(10);
        assertThat(((Failure) last()).code()).isEqualTo(202);
        verifyAll();
        assertThat(node.responder().items()).isEqualTo(Verifier.MAX_WAITING - 1);
    }

    @Test
    void aBugInOneVerificationIsSaidOnceAndKeepsOutNoOther() throws KrpcException {
        try (var book = LogBook.open()) {
            for (int i = 0; i < 3; i++) {
                verifier.offer(() -> {
                    throw new IllegalArgumentException("a bug");
                });
            }
            put(1);
            endHere();

            verifyAll();

            assertThat(book.lines()).filteredOn(line -> line.contains("a bug")).hasSize(1);
            assertThat(node.responder().items()).isEqualTo(1);
        }
    }
}
