package weft.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import weft.extension.Extension;
import weft.extension.ExtensionPeer;
import weft.kit.FakeClock;
import weft.wire.PexMessage;
import weft.wire.PexMessage.Contact;
import weft.wire.ProtocolException;

/** Whom peers are told of, when, and what is believed of what they tell (BEP 11). */
class PeerExchangeTest {
    private final FakeClock clock = new FakeClock();
    private final Candidates candidates = new Candidates(clock);
    private final Map<InetSocketAddress, Integer> contacts = new LinkedHashMap<>();
    private boolean complete;
    private final PeerExchange exchange = new PeerExchange(
            new PeerExchange.Host() {
                @Override
                public Map<InetSocketAddress, Integer> contacts() {
                    return Map.copyOf(contacts);
                }

                @Override
                public boolean wantsUploadOnly() {
                    return !complete;
                }
            },
            candidates,
            clock);

    private static InetSocketAddress at(String host) {
        return new InetSocketAddress(host, 6881);
    }

    private static InetSocketAddress at(int number) {
        return new InetSocketAddress("198.51." + number / 200 + "." + number % 200, 6881);
    }

    /** One that is told. */
    private static final class Told implements ExtensionPeer {
        private final InetSocketAddress address;
        private final List<PexMessage> messages = new ArrayList<>();
        private boolean knows = true;

        private Told(String host) {
            this.address = at(host);
        }

        @Override
        public InetSocketAddress address() {
            return address;
        }

        @Override
        public boolean isOutgoing() {
            return true;
        }

        @Override
        public boolean knows() {
            return knows;
        }

        @Override
        public Optional<InetSocketAddress> listenAddress() {
            return Optional.of(address);
        }

        @Override
        public boolean send(ByteBuffer... payload) {
            try {
                messages.add(PexMessage.decode(payload[0], 1000));
            } catch (ProtocolException e) {
                throw new AssertionError(e);
            }
            return true;
        }

        @Override
        public void close(String reason) {}
    }

    private final Told peer = new Told("203.0.113.1");

    private Extension.Conversation hear() {
        return exchange.connected(peer);
    }

    private static ByteBuffer message(InetSocketAddress... added) {
        var contacts =
                List.of(added).stream().map(address -> new Contact(address, 0)).toList();
        return ByteBuffer.wrap(new PexMessage(contacts, List.of()).encode());
    }

    private void minutePasses() {
        clock.advance(Duration.ofMinutes(1));
        exchange.tick();
    }

    // --- telling

    @Test
    void theFirstMessageComesAtOnceAndNoOtherWithinAMinute() {
        hear();
        contacts.put(at(1), PexMessage.REACHABLE);
        exchange.tick();
        assertThat(peer.messages)
                .containsExactly(new PexMessage(List.of(new Contact(at(1), PexMessage.REACHABLE)), List.of()));

        contacts.put(at(2), 0);
        clock.advance(Duration.ofSeconds(59));
        exchange.tick();
        assertThat(peer.messages).hasSize(1);

        clock.advance(Duration.ofSeconds(1));
        exchange.tick();
        assertThat(peer.messages.get(1)).isEqualTo(new PexMessage(List.of(new Contact(at(2), 0)), List.of()));
    }

    @Test
    void nothingIsSaidWhileThereIsNothingToSay() {
        hear();
        minutePasses();
        assertThat(peer.messages).isEmpty();

        contacts.put(at(1), 0);
        exchange.tick();
        minutePasses();
        minutePasses();
        assertThat(peer.messages).hasSize(1);
    }

    @Test
    void nothingIsSaidToWhoDoesNotWantIt() {
        peer.knows = false;
        hear();
        contacts.put(at(1), 0);
        minutePasses();
        assertThat(peer.messages).isEmpty();

        peer.knows = true;
        exchange.tick();
        assertThat(peer.messages).hasSize(1);
    }

    @Test
    void whoHasGoneIsDroppedOnceAndOnlyIfHeWasAdded() {
        hear();
        contacts.put(at(1), 0);
        exchange.tick();
        contacts.put(at(2), 0); // comes and goes between two messages
        contacts.clear();
        minutePasses();
        minutePasses();

        assertThat(peer.messages).hasSize(2);
        assertThat(peer.messages.get(1)).isEqualTo(new PexMessage(List.of(), List.of(at(1))));
    }

    @Test
    void noMoreThanFiftyAreAddedAndFiftyDroppedAtATimeAndAllInTheEnd() {
        hear();
        for (int i = 0; i < 120; i++) {
            contacts.put(at(i), 0);
        }
        exchange.tick();
        minutePasses();
        minutePasses();
        var added = new HashSet<InetSocketAddress>();
        peer.messages.forEach(message -> {
            assertThat(message.added()).hasSizeBetween(1, 50);
            message.added()
                    .forEach(contact -> assertThat(added.add(contact.address()))
                            .as("nobody twice")
                            .isTrue());
        });
        assertThat(added).isEqualTo(contacts.keySet());

        contacts.clear();
        minutePasses();
        minutePasses();
        minutePasses();
        var dropped = new HashSet<InetSocketAddress>();
        peer.messages.forEach(message -> {
            assertThat(message.dropped()).hasSizeLessThanOrEqualTo(50);
            dropped.addAll(message.dropped());
        });
        assertThat(dropped).isEqualTo(added);
    }

    @Test
    void nobodyIsToldOfHimself() {
        hear();
        contacts.put(peer.address(), 0);
        minutePasses();

        assertThat(peer.messages).isEmpty();
    }

    @Test
    void addressesOfOurNetworkAreToldWithinItOnly() {
        var near = new Told("192.168.1.7");
        var here = new Told("127.0.0.1");
        exchange.connected(near);
        exchange.connected(here);
        hear();
        for (String local : List.of("192.168.1.9", "10.1.1.1", "127.0.0.2", "fd00::1", "fe80::1", "100.64.1.1")) {
            contacts.put(at(local), 0);
        }
        exchange.tick();

        assertThat(peer.messages).isEmpty();
        assertThat(near.messages.getFirst().added())
                .hasSize(5)
                .noneMatch(contact -> contact.address().getAddress().isLoopbackAddress());
        assertThat(here.messages.getFirst().added()).hasSize(6);
    }

    @Test
    void whoHasGoneIsToldNothing() {
        hear().closed();
        contacts.put(at(1), 0);
        minutePasses();

        assertThat(peer.messages).isEmpty();
    }

    // --- hearing

    private List<InetSocketAddress> known() {
        var known = new ArrayList<InetSocketAddress>();
        try {
            while (candidates.addresses().waiting() > 0) {
                known.add(candidates.take());
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return known;
    }

    @Test
    void whatIsHeardOfIsACandidate() throws Exception {
        hear().message(message(at(1), at("2001:db8::1")));

        assertThat(known()).containsExactlyInAnyOrder(at(1), at("2001:db8::1"));
    }

    /** libtorrent has another peer id for each connection: that it is the same would not be found out by dialling it. */
    @Test
    void whoIsConnectedIsNoCandidate() throws Exception {
        contacts.put(at(1), 0);

        hear().message(message(at(1), at(2)));

        assertThat(known()).containsExactly(at(2));
    }

    @Test
    void sixMessagesInAMinuteAreTooMany() throws Exception {
        var talk = hear();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 5; i++) {
                talk.message(message(at(i)));
            }
            clock.advance(Duration.ofMinutes(1));
        }
        for (int i = 0; i < 5; i++) {
            talk.message(message());
        }
        clock.advance(Duration.ofSeconds(59));

        assertThatThrownBy(() -> talk.message(message()))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("ut_pex: 6 messages within a minute");
    }

    @Test
    void nonsenseEndsTheConnection() {
        var talk = hear();

        assertThatThrownBy(() -> talk.message(ByteBuffer.wrap(new byte[] {1, 2, 3})))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("ut_pex: ");
    }

    @Test
    void whatCannotBeOrWouldBeAnAttackIsIgnored() throws Exception {
        hear().message(message(
                at("192.168.0.1"),
                at("127.0.0.1"),
                at("10.0.0.1"),
                at("0.0.0.0"),
                at("239.1.1.1"),
                at("fe80::1"),
                at("::1"),
                new InetSocketAddress("198.51.100.1", 0),
                new InetSocketAddress("198.51.100.1", 80),
                new InetSocketAddress("198.51.100.1", 1023)));

        assertThat(known()).isEmpty();
    }

    @Test
    void ofOneHostOnePortIsBelieved() throws Exception {
        hear().message(message(
                new InetSocketAddress("198.51.100.1", 7001),
                new InetSocketAddress("198.51.100.1", 7002),
                new InetSocketAddress("198.51.100.1", 7003)));

        assertThat(known()).containsExactly(new InetSocketAddress("198.51.100.1", 7001));
    }

    @Test
    void ofOneMessageAndOfOnePeerNoMoreIsBelievedThanAHundred() throws Exception {
        var talk = hear();
        var many = new InetSocketAddress[500];
        for (int i = 0; i < many.length; i++) {
            many[i] = at(i);
        }
        talk.message(message(many));
        assertThat(candidates.size()).isEqualTo(100);

        talk.message(message(at(1001), at(1002)));
        assertThat(candidates.size()).isEqualTo(100);
    }

    @Test
    void seedHasNoUseForSeeds() throws Exception {
        complete = true;
        var message = new PexMessage(
                List.of(new Contact(at(1), PexMessage.UPLOAD_ONLY), new Contact(at(2), PexMessage.REACHABLE)),
                List.of());

        hear().message(ByteBuffer.wrap(message.encode()));

        assertThat(known()).containsExactly(at(2));
    }
}
